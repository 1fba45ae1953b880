"""The demo world: an invented catalogue, the same for everybody who makes it from the same seed."""
