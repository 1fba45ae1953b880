"""The partner API's door: authentication, limits, request bodies and base views."""
