"""Dashboard pages for users, shipping orders and the sandbox."""
