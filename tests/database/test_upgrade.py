"""A database of the version before its migrations were squashed is migrated to this version."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from pgmq.install import get_embedded_install_sql
from pytest_django import DjangoDbBlocker

from buyback.models import Buyback, Payout
from buyback.sellback.sell_back import sell_back
from inventory.models import Item
from partners.models import AuditEntry, IdempotencyKey
from partners.records.actor import SYSTEM
from tests.database.dump import another_database
from tests.world import NOW

DUMP = Path(__file__).with_name("before_squash.sql")


@pytest.fixture
def restored(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The dump, in a database of its own."""
    name = f"{connection.settings_dict['NAME']}_restored"
    with django_db_blocker.unblock(), another_database(name):
        with connection.cursor() as cursor:
            cursor.execute(get_embedded_install_sql())
            cursor.execute(DUMP.read_text(encoding="utf-8"))
        ContentType.objects.clear_cache()
        yield
    ContentType.objects.clear_cache()


def recorded() -> set[tuple[str, str]]:
    return set(MigrationRecorder(connection).applied_migrations())


def test_it_migrates_a_database_of_the_version_before(
    restored: None, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("migrate", verbosity=0)
    executor = MigrationExecutor(connection)
    assert executor.migration_plan(executor.loader.graph.leaf_nodes()) == []
    assert set(executor.loader.graph.nodes) <= recorded()
    call_command("check_ledger")
    assert capsys.readouterr().out.startswith("The ledger is sound")
    states = Counter(Buyback.objects.values_list("state", flat=True))
    assert states == {
        "claimed": 1, "submitted": 1, "settled": 4, "failed": 1, "unknown": 1, "review": 2,
    }  # fmt: skip
    assert (IdempotencyKey.objects.count(), AuditEntry.objects.count()) == (3, 3)


@pytest.mark.parametrize("mode", ["live", "sandbox"])
def test_it_sells_what_was_held_before(restored: None, mode: str) -> None:
    call_command("migrate", verbosity=0)
    item = Item.objects.select_related("environment").get(mode=mode, state="held", buybacks=None)
    sale = sell_back(environment=item.environment, item_id=item.public_id, by=SYSTEM, now=NOW)
    payout = Payout.objects.get(buyback=sale.buyback_id)
    assert (payout.state, payout.amount) == ("paid", sale.amount)
    assert sale.amount == {"live": Decimal("51.00"), "sandbox": Decimal("6.80")}[mode]
    call_command("check_ledger")


def everything() -> list[Any]:
    """What a migration changes: the records, and each column of each table."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_schema = 'public' ORDER BY 1, 2"
        )
        return [recorded(), cursor.fetchall()]


def test_it_refuses_a_database_between_two_versions(restored: None) -> None:
    MigrationRecorder.Migration.objects.filter(name="0012_alerts_by_subject").delete()
    before = everything()
    with pytest.raises(CommandError) as refused:
        call_command("migrate", verbosity=0)
    assert str(refused.value) == (
        "This database lacks buyback.0012_alerts_by_subject, which is no longer part of the "
        "server: first run migrate of the version that has it, then this one."
    )
    assert everything() == before
