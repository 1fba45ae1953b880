"""What hostile input may cost."""
