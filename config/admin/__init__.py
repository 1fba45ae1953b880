"""Base classes of the admin's pages."""
