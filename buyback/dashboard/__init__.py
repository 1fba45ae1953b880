"""The dashboard's money pages: what a partner's users hold and may sell, the sale itself, and what
was paid out.
"""
