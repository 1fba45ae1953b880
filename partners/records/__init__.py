"""What is written down: actors, audit, events, idempotency keys and the request log."""
