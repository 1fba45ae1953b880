"""All pages of the dashboard. The mode is part of the address, the partner is in the session."""

from __future__ import annotations

from datetime import date

from allauth.account import views as account
from django.urls import path, register_converter
from django.views.decorators.http import require_POST
from django.views.generic import RedirectView

from buyback.dashboard import (
    bulk,
    buybacks,
    expiring,
    holdings,
    item,
    overview,
    payouts,
    search,
    selling,
    statements,
)
from inventory.dashboard import sandbox, shipping, users
from partners.dashboard import audit_log, home, keys, request_log, saved_views, team


class ModeConverter:
    """``live`` or ``sandbox``."""

    regex = "live|sandbox"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return str(value)


class DayConverter:
    """A day in ISO 8601: ``2026-04-18``. Invalid dates give 404."""

    regex = r"\d{4}-\d{2}-\d{2}"

    def to_python(self, value: str) -> date:
        return date.fromisoformat(value)

    def to_url(self, value: date) -> str:
        return value.isoformat()


register_converter(ModeConverter, "mode")
register_converter(DayConverter, "day")

app_name = "dashboard"
urlpatterns = [
    path("", RedirectView.as_view(pattern_name="dashboard:home"), name="root"),
    path("login/", account.login, name="login"),
    path("logout/", require_POST(account.logout), name="logout"),
    path("dashboard/", home.home, name="home"),
    path("dashboard/partner/", home.switch, name="switch"),
    path("dashboard/<mode:mode>/", overview.overview, name="overview"),
    path("dashboard/<mode:mode>/activity/", overview.activity, name="activity"),
    path("dashboard/<mode:mode>/search/", search.search, name="search"),
    path("dashboard/<mode:mode>/views/", saved_views.save, name="views"),
    path("dashboard/<mode:mode>/views/<int:pk>/forget/", saved_views.forget, name="forget_view"),
    path("dashboard/<mode:mode>/users/", users.users, name="users"),
    path("dashboard/<mode:mode>/users/<int:pk>/", holdings.holdings, name="holdings"),
    path(
        "dashboard/<mode:mode>/users/<int:pk>/history/", holdings.user_history, name="user_history"
    ),
    path("dashboard/<mode:mode>/items/<int:pk>/", item.item, name="item"),
    path("dashboard/<mode:mode>/items/<int:pk>/sell/", selling.sell, name="sell"),
    path("dashboard/<mode:mode>/items/<int:pk>/sell/outcome/", selling.outcome, name="outcome"),
    path("dashboard/<mode:mode>/expiring/", expiring.expiring, name="expiring"),
    path("dashboard/<mode:mode>/bulk/", bulk.bulk_sales, name="bulk_sales"),
    path("dashboard/<mode:mode>/bulk/preview/", bulk.preview, name="bulk_preview"),
    path("dashboard/<mode:mode>/bulk/start/", bulk.start, name="bulk_start"),
    path("dashboard/<mode:mode>/bulk/<uuid:pk>/", bulk.bulk_sale, name="bulk_sale"),
    path("dashboard/<mode:mode>/bulk/<uuid:pk>/cancel/", bulk.cancel, name="bulk_cancel"),
    path("dashboard/<mode:mode>/bulk/<uuid:pk>/results.csv", bulk.results, name="bulk_results"),
    path("dashboard/<mode:mode>/buybacks/", buybacks.buybacks, name="buybacks"),
    path("dashboard/<mode:mode>/buybacks/csv/", buybacks.buybacks_csv, name="buybacks_csv"),
    path("dashboard/<mode:mode>/buybacks/<uuid:pk>/", buybacks.buyback, name="buyback"),
    path("dashboard/<mode:mode>/developers/sandbox/", sandbox.controls, name="sandbox"),
    path("dashboard/<mode:mode>/developers/sandbox/clock/", sandbox.clock, name="sandbox_clock"),
    path("dashboard/<mode:mode>/developers/sandbox/reset/", sandbox.empty, name="sandbox_reset"),
    path("dashboard/<mode:mode>/payouts/", payouts.payouts, name="payouts"),
    path("dashboard/<mode:mode>/payouts/csv/", payouts.payouts_csv, name="payouts_csv"),
    path("dashboard/<mode:mode>/payouts/<uuid:pk>/", payouts.payout, name="payout"),
    path("dashboard/<mode:mode>/statements/", statements.statements, name="statements"),
    path("dashboard/<mode:mode>/statements/csv/", statements.statements_csv, name="statements_csv"),
    path("dashboard/<mode:mode>/statements/<day:day>/", statements.statement, name="statement"),
    path(
        "dashboard/<mode:mode>/statements/<day:day>/csv/",
        statements.statement_csv,
        name="statement_csv",
    ),
    path(
        "dashboard/<mode:mode>/statements/<day:day>/print/",
        statements.statement_print,
        name="statement_print",
    ),
    # Shipping
    path("dashboard/<mode:mode>/orders/", shipping.orders, name="orders"),
    path("dashboard/<mode:mode>/orders/csv/", shipping.orders_csv, name="orders_csv"),
    path("dashboard/<mode:mode>/orders/<slug:order_id>/", shipping.order, name="order"),
    path("dashboard/<mode:mode>/orders/<slug:order_id>/move/", shipping.move, name="order_move"),
    # Developers
    path("dashboard/<mode:mode>/developers/keys/", keys.keys, name="keys"),
    path("dashboard/<mode:mode>/developers/keys/new/", keys.create, name="new_key"),
    path("dashboard/<mode:mode>/developers/keys/revoke/", keys.revoke_all, name="revoke_all"),
    path("dashboard/<mode:mode>/developers/keys/<int:pk>/addresses/", keys.limit, name="limit"),
    path("dashboard/<mode:mode>/developers/keys/<int:pk>/rotate/", keys.rotate, name="rotate"),
    path("dashboard/<mode:mode>/developers/keys/<int:pk>/revoke/", keys.revoke, name="revoke"),
    path("dashboard/<mode:mode>/developers/requests/", request_log.requests, name="requests"),
    path("dashboard/<mode:mode>/developers/requests/<int:pk>/", request_log.call, name="request"),
    # Team
    path("dashboard/<mode:mode>/team/", team.team, name="team"),
    path("dashboard/<mode:mode>/team/invite/", team.invite, name="invite"),
    path(
        "dashboard/<mode:mode>/team/invitations/<int:pk>/withdraw/", team.withdraw, name="withdraw"
    ),
    path("dashboard/<mode:mode>/team/factor/", team.factor, name="factor"),
    path("dashboard/<mode:mode>/team/<int:pk>/", team.change, name="teammate"),
    path("dashboard/<mode:mode>/team/<int:pk>/remove/", team.remove, name="remove"),
    path("dashboard/<mode:mode>/audit/", audit_log.audit_log, name="audit"),
]
