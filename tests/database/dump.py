"""A small database with a sellback in each state, as SQL: what the test of an upgrade starts from.

`python -m tests.database.dump FILE` migrates an empty database, makes the rows below through the
actions, and writes both to FILE. Run it in a checkout of the version to upgrade from. The dump
holds no secret: passwords, second factors and the digests of keys are replaced. It leaves out the
schema pgmq, which is SQL of the wheel `pgmq`.
"""

from __future__ import annotations

import os
import re
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from django.db import connection

if TYPE_CHECKING:
    from inventory.models import Item

HEADER = """\
-- A small database of the version before its migrations were squashed: a sellback in each state,
-- with its rows in the ledger, idempotency keys and the audit log. Written in a checkout of that
-- version by `python -m tests.database.dump tests/database/before_squash.sql`.
"""


@contextmanager
def another_database(name: str) -> Iterator[None]:
    """Connect to a new, empty database, and to the one before again at the end."""
    before = connection.settings_dict["NAME"]
    drop = f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'
    with connection._nodb_cursor() as cursor:
        cursor.execute(drop)
        cursor.execute(f'CREATE DATABASE "{name}"')
    try:
        connection.close()
        connection.settings_dict["NAME"] = name
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before
        with connection._nodb_cursor() as cursor:
            cursor.execute(drop)


def make_rows() -> None:
    """Sellbacks of live in each state, two instant ones of the sandbox, and items to sell."""
    from buyback.decisions import review
    from buyback.live import steps
    from buyback.outcomes import Failure, FailureCode
    from inventory.pricing import price
    from partners.records.actor import SYSTEM, Actor
    from tests.world import NOW, make_idempotency_key, make_item, make_world

    world = make_world()
    live, sandbox = world.northwind.live, world.northwind.sandbox
    attempts = []
    for card in world.cards[:8]:
        item = make_item(live, card=card)
        attempts.append(
            steps.claim(
                environment=live, item_id=item.public_id, by=SYSTEM, idempotency_row=None, now=NOW
            )
        )
    for attempt in attempts[1:]:
        steps.submit(attempt, price(attempt.item), now=NOW)
    _, _, settled, declined, unknown, in_review, paid, proposed = attempts
    steps.settle(settled.pk, now=NOW)
    steps.fail(declined.pk, failure=Failure(FailureCode.DECLINED), now=NOW)
    steps.park(unknown.pk, failure=Failure(FailureCode.OUTCOME_UNKNOWN, "timeout"), now=NOW)
    for attempt in (in_review, paid, proposed):
        steps.send_to_review(attempt.pk, failure=Failure(FailureCode.RETENTION_OVER), now=NOW)
    for attempt in (paid, proposed):
        attempt.buyback.refresh_from_db()
        review.propose(
            buyback=attempt.buyback,
            outcome="settled",
            reason="on the statement",
            by=Actor("user", "anna@x.test"),
        )
    review.confirm(buyback=paid.buyback, by=Actor("user", "ben@x.test"))
    for card in world.cards[:2]:
        sell_under_a_key(make_item(sandbox, card=card))
    make_item(sandbox, card=world.cards[2])  # the ones to sell
    make_item(live, card=world.cards[8])
    make_idempotency_key(live)


def sell_under_a_key(item: Item) -> None:
    """An instant sellback with an idempotency key."""
    from buyback.sellback.sell_back import sell_back
    from partners.records import idempotency
    from partners.records.actor import SYSTEM
    from tests.world import NOW

    with idempotency.turn(
        environment=item.environment,
        key=f"sell-{item.pk}",
        fingerprint=bytes(32),
        policy=idempotency.Policy(),
    ) as turn:
        sell_back(
            environment=item.environment, item_id=item.public_id, by=SYSTEM, turn=turn, now=NOW
        )
        turn.body = b"{}"


def take_out_secrets() -> None:
    """Leave nothing that opens an account or the API."""
    from allauth.mfa.models import Authenticator

    from partners.models import ApiKey, User

    Authenticator.objects.all().delete()
    User.objects.update(password="!")
    for key in ApiKey.objects.all():
        ApiKey.objects.filter(pk=key.pk).update(digest=secrets.token_bytes(32))


def dumped() -> str:
    """The connected database as SQL, without comments and without what only psql understands."""
    from config.postgres.embedded_owner import owner_of

    server = connection.get_connection_params()
    owner = owner_of(Path(server["host"]))
    done = subprocess.run(
        [
            owner.binaries / "pg_dump",
            *("-h", server["host"], "-U", server["user"], "--schema=public", "--no-owner"),
            *("--no-privileges", "--no-comments", "--inserts", "--rows-per-insert=100"),
            connection.settings_dict["NAME"],
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    left_out = (
        r"^(--.*|\\.*|SET .*|SELECT pg_catalog\.set_config.*|CREATE SCHEMA public;|)\n|^[ \t]+"
    )
    return re.sub(left_out, "", done.stdout, flags=re.MULTILINE)


def main(file: str) -> None:
    """Write the dump to ``file``."""
    import django
    from django.core.management import call_command

    django.setup()
    with another_database("to_dump"):
        call_command("migrate", verbosity=0)
        make_rows()
        take_out_secrets()
        Path(file).write_text(HEADER + dumped(), encoding="utf-8")


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    main(sys.argv[1])
