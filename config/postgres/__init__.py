"""Django's PostgreSQL backend, with the address of the embedded server filled in at the first
connection.
"""
