"""How the server is put together: settings, addresses, clocks, the embedded database.

Kept empty on purpose: `config.local.bootstrap` is imported from here before anything is installed.
"""
