"""Benchmarks against hand-written peers and against PostgreSQL: ``python -m benchmarks.run``."""
