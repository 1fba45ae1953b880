"""Sellback windows: the sweep that closes them, and changes by admins."""
