"""Whether pages stay fast when tables grow: the same requests on a small and a large world."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from statistics import median

from benchmarks.contestants import Shipped
from benchmarks.load import Load, Numbers
from benchmarks.measures.sales import Supply
from benchmarks.world import Database

SMALL, LARGE = 100_000, 5_000_000  # items
REPEATS = 3
DEEP = (
    "SELECT id, created_at FROM buyback_payout ORDER BY created_at DESC, id DESC LIMIT 1 OFFSET %s"
)


def medians(server: Shipped, *, seconds: float) -> dict[str, float]:
    """The median latency of each kind of request in seconds, on the server's world."""
    database = server.database
    world = database.world
    cards = tuple(
        f"/api/v1/card/bench{number:09d}"
        for number in range(0, world.items, max(1, world.items // 2000))
    )
    shelves = tuple(f"/api/v1/inventory/user-{number}" for number in range(world.shelf_users))
    deep = world.items // 10 - 1000
    alone = Load(server.port, database.key, seconds, 1, Numbers(0, 1, 0, 0), cookie=cookie())
    history = "/dashboard/live/payouts/"
    asked = {
        "card": replace(alone, paths=cards),
        "inventory of 100": replace(alone, paths=shelves),
        "payouts, first page": replace(alone, paths=(history,)),
        "payouts, deep page": replace(alone, paths=(f"{history}?after={cursor(database, deep)}",)),
    }
    found = {name: _median(server, load) for name, load in asked.items()}
    supply = Supply(database)
    return found | {
        "sale": _median(
            server, replace(alone, numbers=supply.take(round(seconds * 1500 * REPEATS)))
        )
    }


def _median(server: Shipped, load: Load) -> float:
    reports = []
    for number in range(REPEATS):
        share = load.numbers.count // REPEATS
        part = replace(load.numbers, start=load.numbers.start + number * share, count=share)
        reports.append(server.load(replace(load, numbers=part)))
        if reports[-1].first_wrong:
            raise RuntimeError(reports[-1].first_wrong)
    return median(report.p50 for report in reports)


def cursor(database: Database, depth: int) -> str:
    """The dashboard's cursor for the page that starts ``depth`` payouts from the newest."""
    from django.core import signing

    from partners.dashboard.paging import SALT

    with database.connect() as connection:
        row = connection.execute(DEEP, [depth]).fetchone()
    assert row is not None  # noqa: S101  (there are more payouts than that)
    pk, created_at = row
    return signing.dumps([str(created_at.astimezone(UTC)), str(pk)], salt=SALT)


def cookie(role: str = "viewer") -> str:
    """The session cookie of a member with this role."""
    from django.conf import settings
    from django.db import connection
    from django.test import Client

    from partners.models import Membership, Partner, User

    email = f"{role}-{datetime.now(UTC):%H%M%S%f}@bench.test"
    user = User.objects.create_user(email, verified_at=datetime.now(UTC), verified_by="command")
    Membership.objects.create(user=user, partner=Partner.objects.get(slug="bench"), role=role)
    client = Client()
    client.force_login(user)
    connection.close()
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
