"""Records: actors, audit log, events, idempotency keys and the request log."""
