"""The dashboard's door to users, shipping orders and the sandbox."""
