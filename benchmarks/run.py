"""``python -m benchmarks.run``: builds the world, runs all comparisons, prints and saves results.

``--quick`` is a short check that everything works, on a small world and without the peers. The
peers' packages are not the server's, so they get a separate environment from the group ``bench`` of
``pyproject.toml``.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from benchmarks.contestants import Contestant, HttpContestant

ROOT = Path(__file__).resolve().parent.parent
PARTS = (
    *("sales", "inventory", "statements", "sweep", "scale"),
    *("pages", "admin", "hostile", "live", "caps"),
)
# The maximum of items for hostile calls and live sellbacks, whose cost does not depend on it.
SMALL = 100_000


def arguments() -> argparse.Namespace:
    """The command line's arguments."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    parser.add_argument("--items", type=int, default=2_000_000, help="size of the world (2000000)")
    parser.add_argument("--pairs", type=int, default=5, help="rounds of every comparison (5)")
    parser.add_argument("--seconds", type=float, default=8.0, help="of each run (8)")
    parser.add_argument("--connections", type=int, default=16, help="at once (16)")
    parser.add_argument(
        "--only", nargs="+", choices=PARTS, help="some parts; default: the first four"
    )
    parser.add_argument(
        "--scale",
        action="store_true",
        help="also pages of 100 thousand and of 5 million items (long)",
    )
    parser.add_argument("--no-peers", action="store_true", help="without the Starlette services")
    parser.add_argument(
        "--quick", action="store_true", help="check that everything works: 2,000 items, no peers"
    )
    chosen = parser.parse_args()
    chosen.only = chosen.only or [*PARTS[:4], *(["scale"] if chosen.scale else [])]
    if chosen.quick:
        chosen.items, chosen.pairs, chosen.seconds, chosen.no_peers = 2_000, 1, 1.0, True
    return chosen


def prepare_settings() -> Path:
    """The server's settings as shipped, with the benchmarks' own database; returns its folder."""
    folder = Path(os.environ.get("DATA_DIR") or ROOT / "var").expanduser().absolute() / "bench"
    for name in (
        "DATABASE_URL",
        "CACHE_URL",
        "CELERY_BROKER_URL",
        "DEBUG",
        "PUBLIC_URL",
        "ALLOWED_HOSTS",
    ):
        os.environ[name] = ""  # ignore a developer's `.env`
    for name in ("ORACLE_URL", "TREASURY_URL", "TREASURY_KEY"):
        os.environ[name] = ""
    os.environ |= {"DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "config.settings"}
    import django

    django.setup()
    (folder / "log").mkdir(parents=True, exist_ok=True)
    return folder


def peers_python(folder: Path) -> Path:
    """The Python of the peers' environment, created from the lock if missing or outdated."""
    home = folder / "peers"
    subprocess.run(
        [sys.executable, "-m", "uv", "sync", "--quiet", "--frozen", "--only-group", "bench"],
        cwd=ROOT,
        env=os.environ | {"UV_PROJECT_ENVIRONMENT": str(home), "UV_PYTHON": sys.executable},
        check=True,
    )
    return home / "bin" / "python"


@contextmanager
def running(contestants: Sequence[Contestant]) -> Iterator[None]:
    """Start all of them, and stop them in any case."""
    up: list[Contestant] = []
    try:
        for one in contestants:
            one.start()
            up.append(one)
        yield
    finally:
        for one in reversed(up):
            one.stop()


class Run:
    """One run of the selected parts; all output is also saved."""

    def __init__(self, chosen: argparse.Namespace, folder: Path) -> None:
        from benchmarks import world

        self.chosen, self.folder = chosen, folder
        self.lines: list[str] = []
        self.raw: dict[str, Any] = {}
        self.goals: list[Any] = []
        self.sockets = world.start_server(folder, tuned=not chosen.quick)
        wanted = not chosen.no_peers and {"sales", "inventory", "statements"} & set(chosen.only)
        self.python = peers_python(folder) if wanted else None

    def say(self, *lines: str) -> None:
        """Print and save."""
        self.lines.extend(lines)
        sys.stdout.write("\n".join(lines) + "\n")
        sys.stdout.flush()

    def keep(self, part: str, found: dict[str, Any]) -> None:
        """Save every measurement, for later analysis."""
        self.raw[part] = {name: [asdict(one) for one in runs] for name, runs in found.items()}

    def compare(self) -> None:
        """Sellbacks, inventory pages and the statement count, on one fresh copy of the world."""
        from benchmarks import goals, world
        from benchmarks.contestants import Peer, Pgbench, Shipped
        from benchmarks.measures import equivalence, query_count, sales

        chosen = self.chosen
        database = world.fresh_copy(self.sockets, world.World(chosen.items))
        common = (database, self.folder, chosen.connections)
        ours, pgbench = Shipped(*common), Pgbench(*common)
        peers = [
            Peer(*common, name=f"peer, {variant}", variant=variant, python=self.python)
            for variant in ("one", "eight")
            if self.python
        ]
        supply = sales.Supply(database, most=150 if chosen.quick else None)
        self.say(*self.heading(world.stated_settings(database)))
        with running([pgbench, *peers, ours]):
            if "sales" in chosen.only:
                equivalence.check_sales([pgbench, *peers, ours], supply)
                found = sales.measure_sales(
                    [pgbench, *peers, ours], supply, pairs=chosen.pairs, seconds=chosen.seconds
                )
                self.keep("sales", found)
                self.goals += goals.sale_goals(found)
                self.say("", *goals.contestants_table("sale", found))
            if "inventory" in chosen.only:
                self.inventory([*peers[:1], ours], database.world.shelf_users)
            if "statements" in chosen.only:
                each, texts = query_count.per_sale(ours, supply)
                self.goals.append(goals.Goal("statements of a sale", each, "<=", 2))
                self.say("", "Statements of a sale:", *(f"    {text}" for text in texts))

    def caps(self) -> None:
        """Sellbacks with caps that count, next to sellbacks without caps."""
        from benchmarks import goals, world
        from benchmarks.contestants import Shipped, Uncapped
        from benchmarks.measures import sales

        chosen = self.chosen
        database = world.fresh_copy(self.sockets, world.World(chosen.items))
        common = (database, self.folder, chosen.connections)
        contestants = [Shipped(*common), Uncapped(*common)]
        supply = sales.Supply(database, most=150 if chosen.quick else None)
        self.say(*self.heading(world.stated_settings(database)))
        with running(contestants):
            found = sales.measure_sales(
                contestants, supply, pairs=chosen.pairs, seconds=chosen.seconds
            )
        self.keep("caps", found)
        self.goals += goals.caps_goals(found)
        self.say("", *goals.contestants_table("sale", found))

    def inventory(self, contestants: Sequence[HttpContestant], users: int) -> None:
        """Pages of a hundred items."""
        from benchmarks import goals
        from benchmarks.measures import equivalence, sales

        paths = tuple(f"/api/v1/inventory/user-{number}" for number in range(users))
        equivalence.check_pages(contestants, paths[0])
        found = sales.measure_pages(
            contestants, paths, pairs=self.chosen.pairs, seconds=self.chosen.seconds
        )
        self.keep("inventory", found)
        self.goals += goals.page_goal(found)
        self.say("", *goals.contestants_table("inventory of 100 items", found))

    def sweep(self) -> None:
        """Close half of all windows, each time on a fresh copy."""
        from benchmarks import goals, world
        from benchmarks.contestants import Shipped
        from benchmarks.measures import sales, sweep

        chosen, size = self.chosen, world.World(self.chosen.items)
        once = sweep.raw(world.fresh_copy(self.sockets, size))
        batched = sweep.batches(world.fresh_copy(self.sockets, size))
        ours = Shipped(world.fresh_copy(self.sockets, size), self.folder, chosen.connections)
        supply = sales.Supply(ours.database, most=100 if chosen.quick else None, step=2)
        with running([ours]):
            disturbed = sweep.with_sales(ours, supply, seconds=chosen.seconds)
        rows = [("sweep", "items", "seconds", "p99 of a sale, ms")]
        for name, one, p99 in (
            ("one raw UPDATE", once, ""),
            ("batches", batched, f"{disturbed.quiet * 1000:.1f} without a sweep"),
            ("batches, while selling", disturbed.swept, f"{disturbed.during * 1000:.1f}"),
        ):
            rows.append((name, f"{one.items:,}", f"{one.seconds:.1f}", p99))
        self.say("", *goals.markdown(rows))
        self.goals += [
            goals.Goal(
                "sweep in batches / one raw UPDATE", batched.seconds / once.seconds, "<=", 2.0
            ),
            goals.Goal(
                "p99 of a sale, sweeping / quiet", disturbed.during / disturbed.quiet, "<=", 3.0
            ),
        ]

    def scale(self) -> None:
        """The same pages on a small and a large world."""
        from benchmarks import goals, world
        from benchmarks.contestants import Shipped
        from benchmarks.measures import scale
        from config.local.static_files import collect

        collect()
        found = []
        for size in (scale.SMALL, scale.LARGE):
            ours = Shipped(world.fresh_copy(self.sockets, world.World(size)), self.folder, 1)
            with running([ours]):
                found.append(scale.medians(ours, seconds=self.chosen.seconds))
        small, large = found
        head = ("median ms", f"{scale.SMALL:,} items", f"{scale.LARGE:,} items")
        rows = [(name, f"{small[name] * 1000:.2f}", f"{large[name] * 1000:.2f}") for name in small]
        self.say("", *goals.markdown([head, *rows]))
        self.goals += [
            goals.Goal(f"{name}, large / small", large[name] / small[name], "<=", 2.0)
            for name in small
        ]

    def pages(self, part: str) -> None:
        """Every page of the dashboard, or of the admin, on this world and on a small one."""
        from benchmarks import goals, world
        from benchmarks.contestants import Shipped
        from benchmarks.measures import admin, pages
        from config.local.static_files import collect

        collect()
        sizes, found = (min(pages.SMALL, self.chosen.items // 2), self.chosen.items), []
        for size in sizes:
            ours = Shipped(world.fresh_copy(self.sockets, world.World(size)), self.folder, 1)
            with running([ours]):
                measure = admin.measure if part == "admin" else pages.measure
                measured, left_out = measure(ours, seconds=self.chosen.seconds / 4)
            found.append(measured)
        small, large = found
        self.say("", *goals.markdown(pages.table(small, large, sizes)))
        self.say("", *(f"Left out: {name}: {reason}" for name, reason in left_out.items()))
        self.raw[part] = {
            name: [asdict(small[name]), asdict(page)]
            for name, page in large.items()
            if name in small
        }
        self.goals += pages.goals(large)

    def hostile(self) -> None:
        """The cost of hostile calls, and calls beside unfinished ones."""
        from django.db import connection

        from benchmarks import dripping, goals, world
        from benchmarks.contestants import Shipped
        from benchmarks.hostile import cost, inputs
        from benchmarks.hostile import world as hostile_world
        from benchmarks.measures import sales
        from config.local.static_files import collect

        collect()
        quick, size = self.chosen.quick, world.World(min(SMALL, self.chosen.items))
        database = world.fresh_copy(self.sockets, size)
        known = hostile_world.known(database)
        world.without_workers(database)
        ours = Shipped(database, self.folder, self.chosen.connections)
        supply = sales.Supply(database, most=150 if quick else None, spared=hostile_world.SHIPPED)
        probes = inputs.everything(known)
        connection.close()  # another copy of the world will replace this one
        with running([ours]):
            costs = cost.measure(ours, probes[:: 25 if quick else 1], quick=quick)
        with running([ours]):
            quiet, during, drips = dripping.measure(
                ours,
                supply,
                cookie=known.owner,
                key=known.sandbox_key,
                count=20 if quick else 200,
                seconds=3.0 if quick else 60.0,
                least=50 if quick else dripping.LEAST,
            )
        self.say(
            "",
            f"The most expensive of {len(costs):,} calls",
            *goals.markdown(cost.table(costs)),
        )
        self.say("", f"Drips: {asdict(drips)}", *goals.markdown(dripping.table(quiet, during)))
        self.raw["hostile"] = [asdict(cost) for cost in costs]
        self.goals += [*cost.goals(costs), *dripping.goals(quiet, during)]

    def live(self) -> None:
        """Step-by-step sellbacks, and reads beside waiting ones."""
        from benchmarks import goals, live, world
        from benchmarks.contestants import Shipped
        from benchmarks.measures import sales

        quick, size = self.chosen.quick, world.World(min(SMALL, self.chosen.items))
        database = world.fresh_copy(self.sockets, size)
        sandbox = live.sandbox_item(database)
        ours = Shipped(database, self.folder, self.chosen.connections)
        supply = sales.Supply(database, most=150 if quick else None)
        found = live.measure(
            ours, supply, sandbox, seconds=1.0 if quick else 12.0, least=50 if quick else live.LEAST
        )
        self.say("", *goals.markdown(live.table(found)))
        self.raw["live"] = asdict(found)
        self.goals += live.goals(found)

    def heading(self, settings: dict[str, str]) -> list[str]:
        """What was measured, on which machine and settings."""
        chosen = self.chosen
        stated = ", ".join(f"{name} {value}" for name, value in sorted(settings.items()))
        measured = (
            f"{chosen.items:,} items, {chosen.connections} connections, {chosen.pairs} rounds of "
            f"{chosen.seconds:g} s, "
            f"{os.cpu_count()} cores"
        )
        return [measured, f"PostgreSQL: {stated}"]

    def finish(self) -> None:
        """Print the goals, and save everything to a file."""
        from benchmarks import goals

        self.say("", *goals.goals_table(self.goals))
        path = self.folder / f"result-{time.strftime('%Y%m%d-%H%M%S')}.json"
        kept = {
            "lines": self.lines,
            "goals": [asdict(goal) for goal in self.goals],
            "raw": self.raw,
        }
        path.write_text(json.dumps(kept, indent=1), encoding="utf-8")
        self.say("", f"Every measurement: {path}")


def main() -> None:
    """Run the parts, each on its own fresh copy of the world."""
    chosen = arguments()
    run = Run(chosen, prepare_settings())
    if {"sales", "inventory", "statements"} & set(chosen.only):
        run.compare()
    if "sweep" in chosen.only:
        run.sweep()
    if "scale" in chosen.only:
        run.scale()
    for part in ("pages", "admin"):
        if part in chosen.only:
            run.pages(part)
    if "hostile" in chosen.only:
        run.hostile()
    if "live" in chosen.only:
        run.live()
    if "caps" in chosen.only:
        run.caps()
    run.finish()


if __name__ == "__main__":
    main()
