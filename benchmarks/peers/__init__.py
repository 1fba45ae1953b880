"""The same sale written by hand, without a framework's comfort: what the server is compared
with.
"""
