"""Callers: partners, their environments, keys, people and limits."""
