"""Tests with a real Chromium and a real server, for behaviour that only a browser shows."""
