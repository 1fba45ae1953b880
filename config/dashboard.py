"""Every page of the dashboard, on one page. The mode is part of the address; the partner is the session's."""

from __future__ import annotations

from allauth.account import views as account
from django.urls import path, register_converter
from django.views.decorators.http import require_POST
from django.views.generic import RedirectView

from buyback.dashboard import holdings, overview, payouts, selling
from inventory import dashboard as users
from partners.dashboard import home


class ModeConverter:
    """``live`` or ``sandbox``."""

    regex = "live|sandbox"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return str(value)


register_converter(ModeConverter, "mode")

app_name = "dashboard"
urlpatterns = [
    path("", RedirectView.as_view(pattern_name="dashboard:home"), name="root"),
    path("login/", account.login, name="login"),
    path("logout/", require_POST(account.logout), name="logout"),
    path("dashboard/", home.home, name="home"),
    path("dashboard/partner/", home.switch, name="switch"),
    path("dashboard/<mode:mode>/", overview.overview, name="overview"),
    path("dashboard/<mode:mode>/users/", users.users, name="users"),
    path("dashboard/<mode:mode>/users/<int:pk>/", holdings.holdings, name="holdings"),
    path("dashboard/<mode:mode>/items/<int:pk>/sell/", selling.sell, name="sell"),
    path("dashboard/<mode:mode>/payouts/", payouts.payouts, name="payouts"),
    path("dashboard/<mode:mode>/payouts/<uuid:pk>/", payouts.payout, name="payout"),
]
