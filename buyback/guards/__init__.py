"""The treasury's guards: the pause, the caps and the alerts."""
