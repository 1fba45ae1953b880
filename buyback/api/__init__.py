"""The partner API's door to sellbacks."""
