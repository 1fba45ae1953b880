"""The admin's fixtures, shared with the tests of the other applications' admin pages."""

from tests.admin.conftest import browser, trade

__all__ = ["browser", "trade"]
