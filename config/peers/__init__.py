"""Calls to other servers: the client, its circuit breaker, and signatures."""
