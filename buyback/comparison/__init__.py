"""The treasury's own figures next to ours: its balance, and its list of payments."""
