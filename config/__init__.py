"""The project: settings, addresses, web server, embedded database.

This file stays empty: `config.local.bootstrap` is imported before any package is installed.
"""
