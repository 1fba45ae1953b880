"""The partner API: authentication, limits, request bodies and base views."""
