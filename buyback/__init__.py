"""A sellback from the request to the money."""
