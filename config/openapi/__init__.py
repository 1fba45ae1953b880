"""The API description: OpenAPI 3.1 at /api/schema, to read at /api/docs."""
