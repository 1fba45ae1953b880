"""The web server itself, over real sockets: limits, lanes, waiting requests, stopping."""
