"""What is measured, each against its goal."""
