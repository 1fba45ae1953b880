"""The measurements, each with its goals."""
