"""The API, described: OpenAPI 3.1 at /api/schema, to be read at /api/docs."""
