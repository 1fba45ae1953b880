"""Django's PostgreSQL backend; the first connection fills in the embedded server's address."""
