"""Management commands of sellbacks and the demo."""
