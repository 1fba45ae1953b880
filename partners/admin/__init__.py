"""Admin pages for partners, environments and people."""

from partners.admin import environments  # noqa: F401  (Django's autodiscovery finds the pages here)
