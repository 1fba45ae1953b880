"""Commands that set partners up."""
