"""The partner API for sellbacks."""
