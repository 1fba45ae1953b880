"""Admin pages for sellbacks, the ledger, the guards, and the home page."""

from buyback.admin import sellbacks  # noqa: F401  (Django's autodiscovery finds the pages here)
