"""The server's addresses if a mail server is configured."""

from config.urls import handler500
from config.urls import urlpatterns as without
from partners.dashboard.accounts import RESET_BY_MAIL

__all__ = ["handler500", "urlpatterns"]

urlpatterns = [*RESET_BY_MAIL, *without]
