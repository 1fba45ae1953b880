"""Every dashboard page on a small and a large world: its time, queries and query plans.

Pages come from ``config/dashboard.py``, so new ones are included automatically; only an address
with a new kind of row needs an entry in ``EXAMPLES``. A signed-in owner sends one request at a time
to the server as ``manage.py up`` starts it. Downloads and form addresses are left out. The ratio
compares with the small world in the same run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.contestants import Shipped
from benchmarks.goals import Goal
from benchmarks.load import Load, Numbers, percentile, read_samples
from benchmarks.measures.scale import cookie, cursor
from benchmarks.world import Database

SMALL = 100_000  # items of the small world, for the ratio
WITHIN = 0.1  # seconds: the goal for p95
RATE = 50  # minimum responses for each second of a page's run, for a meaningful p95
WARM = 5  # connections that send requests before the measurement, for a fifth of its time
BIG = 20_000  # rows above which a table must not be read whole

# For an address with a row: the start of its path, and a query for a row from the middle.
EXAMPLES = {
    "users/<int:pk>": (
        "SELECT collector_id FROM inventory_item WHERE state = 'held' ORDER BY id LIMIT 1"
    ),
    "items/<int:pk>": "SELECT id FROM inventory_item WHERE state = 'held' ORDER BY id DESC LIMIT 1",
    "buybacks/<uuid:pk>": (
        "SELECT id FROM buyback_buyback ORDER BY created_at DESC LIMIT 1 OFFSET {middle}"
    ),
    "payouts/<uuid:pk>": (
        "SELECT id FROM buyback_payout ORDER BY created_at DESC LIMIT 1 OFFSET {middle}"
    ),
    "statements/<day:day>": "SELECT day FROM buyback_statement ORDER BY paid DESC, day LIMIT 1",
    "bulk/<uuid:pk>": "SELECT id FROM buyback_bulksale LIMIT 1",
    "orders/<slug:order_id>": "SELECT public_id FROM inventory_shippingorder LIMIT 1",
    "developers/keys/<int:pk>": "SELECT id FROM partners_apikey ORDER BY id LIMIT 1",
    "developers/requests/<int:pk>": "SELECT id FROM partners_apicall ORDER BY id LIMIT 1",
    "team/<int:pk>": "SELECT id FROM partners_membership ORDER BY id LIMIT 1",
}
FORMS = {"views", "forget_view", "withdraw", "bulk_preview"}  # addresses of forms, not pages
FILES = ("_csv", "_results")
SETTINGS = ("BEGIN", "SET LOCAL", "COMMIT", "ROLLBACK")
OF_SANDBOX = {"sandbox"}  # live has no such page
# The most expensive list queries: far from the start, or with a filter that no index serves.
QUERIES: Mapping[str, tuple[str, ...]] = {
    "payouts": (
        "after={deep}",
        "from={day}&to={day}",
        "min=400&pack=bench-pack-7",
        "user=user-1000",
    ),
    "buybacks": ("after={deep}", "state=failed", "min=400&pack=bench-pack-7", "user=user-1000"),
    "users": ("q=user-1", "sort=newest", "sort=held", "sort=value"),
    "expiring": ("within=24h", "user=user-1000", "pack=bench-pack-7", "least=535", "most=1"),
    "bulk_sale": ("state=sold",),
    "requests": ("status=4xx", "path=/vm/nothing", "request=bench-500"),
    "audit": ("actor=nobody", "action=member"),
    "search": ("q=user-1000", "q=Mossback"),
}


@dataclass(frozen=True, slots=True)
class Page:
    """One page on one world. Times in seconds. ``read_whole``: big tables that it reads whole."""

    name: str
    p50: float
    p95: float
    queries: int
    read_whole: tuple[str, ...] = ()


def measure(server: Shipped, *, seconds: float) -> tuple[dict[str, Page], dict[str, str]]:
    """Every page by name, on the server's world; and pages left out, with the reason."""
    from benchmarks.measures.dashboard_fixture import fill_dashboard

    fill_dashboard(server.database)
    return ask(server, addresses(server.database), cookie("owner"), seconds=seconds)


def ask(
    server: Shipped, asked: Iterable[tuple[str, str]], session: str, *, seconds: float
) -> tuple[dict[str, Page], dict[str, str]]:
    """Measure these ``(name, path)`` with this cookie. Pages without a path are left out."""
    from django.db import connection

    browser = _browser(session)
    found, left_out = {}, {}
    for name, path in asked:
        if not path:
            left_out[name] = "a page of a row without an example"
        elif (status := browser.get(path).status_code) == 405:  # the address of a form
            continue
        elif status != 200:
            left_out[name] = f"answers {status}"
        else:
            queries, read_whole = _asked(browser, path)
            p50, p95 = _times(server, path, session, seconds)
            found[name] = Page(name, p50, p95, queries, read_whole)
    connection.close()  # another world will replace this one
    return found, left_out


def addresses(database: Database) -> Iterator[tuple[str, str]]:
    """``(name, path)`` of every live page; an empty path if it lacks an example."""
    from config.dashboard import urlpatterns

    deep = max(database.world.items // 10 - 1000, database.world.items // 20)
    words = {"deep": cursor(database, deep), "day": _example(database, "statements")}
    for pattern in urlpatterns:
        route, name = str(pattern.pattern), str(pattern.name)
        if "<mode:mode>/" not in route or name.endswith(FILES) or name in FORMS:
            continue
        rest = route.split("<mode:mode>/")[1]
        known = next((start for start in EXAMPLES if rest.startswith(start)), "")
        if known:
            rest = _example(database, known) and rest.replace(
                known, f"{known.rpartition('/')[0]}/{_example(database, known)}"
            )
        mode = "sandbox" if name in OF_SANDBOX else "live"
        path = "" if "<" in rest else f"/dashboard/{mode}/{rest}"
        yield name, path
        for query in QUERIES.get(name, ()):
            yield f"{name}?{query}", f"{path}?{query.format_map(words)}"


def _example(database: Database, start: str) -> str:
    query = next(query for known, query in EXAMPLES.items() if known.startswith(start))
    with database.connect() as connection:
        row = connection.execute(
            query.format(middle=database.world.items // 20).encode()
        ).fetchone()
    if row is None:
        raise RuntimeError(f"the world has no row for {start}")
    return str(row[0])


def _browser(session: str) -> Any:
    """The same visitor in this process, to count a page's queries."""
    from django.conf import settings
    from django.test import Client

    name, value = session.split("=", 1)
    client = Client(headers={"host": "localhost"})
    client.cookies[settings.SESSION_COOKIE_NAME] = value
    assert name == settings.SESSION_COOKIE_NAME  # noqa: S101  (what the session was made for)
    return client


def _asked(browser: Any, path: str) -> tuple[int, tuple[str, ...]]:
    """The status of a page, and big tables that its queries read whole."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as asked:
        browser.get(path)
    seen: set[str] = set()
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND reltuples > %s", [BIG])
        big = {row[0] for row in cursor.fetchall()}
        for query in asked:
            if query["sql"].startswith(
                SETTINGS
            ):  # these settings affect the plans of later statements
                cursor.execute(query["sql"])
            if query["sql"].startswith("SELECT"):
                cursor.execute("EXPLAIN " + query["sql"].replace("%", "%%"), [])
                seen |= set(
                    re.findall(r"Seq Scan on (\w+)", "\n".join(row[0] for row in cursor.fetchall()))
                )
    return len(asked), tuple(sorted(seen & big))


def _times(server: Shipped, path: str, session: str, seconds: float) -> tuple[float, float]:
    """p50 and p95 of successive requests."""
    samples = Path(server.folder) / "page.samples"
    load = Load(
        server.port, server.database.key, seconds, 1, Numbers(0, 1, 0, 0), (path,), cookie=session
    )
    server.load(
        replace(load, seconds=seconds / WARM, connections=WARM)
    )  # enough to reach every process
    report = server.load(replace(load, samples=str(samples), least=round(RATE * seconds)))
    if report.first_wrong:
        raise RuntimeError(f"{path}: {report.first_wrong}")
    _, latencies = read_samples(samples)
    return percentile(latencies, 0.5), percentile(latencies, 0.95)


def table(
    small: dict[str, Page], large: dict[str, Page], sizes: tuple[int, int]
) -> list[tuple[str, ...]]:
    """One line for each page."""
    head = (
        "page",
        "queries",
        f"p50 ms, {sizes[1]:,}",
        f"p95 ms, {sizes[1]:,}",
        f"p95 ms, {sizes[0]:,}",
        "ratio",
        "",
    )
    rows: list[tuple[str, ...]] = [head]
    for name, page in large.items():
        base = small.get(name)
        marks = [f"above {WITHIN * 1000:.0f} ms"] if page.p95 > WITHIN else []
        marks += [f"reads {one} whole" for one in page.read_whole]
        marks += (
            [f"{base.queries} queries on the small world"]
            if base and base.queries != page.queries
            else []
        )
        rows.append(
            (
                name,
                str(page.queries),
                f"{page.p50 * 1000:.1f}",
                f"{page.p95 * 1000:.1f}",
                f"{base.p95 * 1000:.1f}" if base else "",
                f"{page.p95 / base.p95:.2f}" if base else "",
                ", ".join(marks),
            )
        )
    return rows


def goals(large: dict[str, Page]) -> list[Goal]:
    """The goals: every page within 100 ms, and no big table read whole."""
    slowest = max(large.values(), key=lambda page: page.p95)
    return [
        Goal(
            f"p95 of the slowest page ({slowest.name}), ms", slowest.p95 * 1000, "<=", WITHIN * 1000
        ),
        Goal("pages above 100 ms", sum(page.p95 > WITHIN for page in large.values()), "<=", 0),
        Goal(
            "pages that read a big table whole",
            sum(bool(page.read_whole) for page in large.values()),
            "<=",
            0,
        ),
    ]
