"""A real Chromium against a real server: what only a browser can tell."""
