"""Measures the server against a hand-written peer and against PostgreSQL itself: ``python -m
benchmarks.run``.
"""
