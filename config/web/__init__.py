"""The web server: connections, request bodies, thread pools, and Django behind them."""
