"""The schedule names existing tasks, and the database queue keeps messages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection
from kombu import Connection

from config.celery import HARD_LIMIT, REDELIVERY, SCHEDULE, app


@pytest.fixture
def broker(transactional_db: None) -> Iterator[Connection]:
    with app.connection_for_write() as link:
        yield link
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pgmq.drop_queue('doorbell') WHERE to_regclass('pgmq.q_doorbell') IS NOT NULL"
        )


def test_it_schedules_only_tasks_that_exist() -> None:
    app.loader.import_default_modules()
    assert {entry["task"] for entry in SCHEDULE.values()} <= set(app.tasks)


def test_it_lets_no_task_run_longer_than_the_broker_waits() -> None:
    app.loader.import_default_modules()
    limits = [
        task.time_limit or HARD_LIMIT
        for name, task in app.tasks.items()
        if not name.startswith("celery.")
    ]
    assert max(limits) < REDELIVERY


@pytest.mark.parametrize(
    ("task", "seconds"),
    {
        "buyback.tasks.close_windows": 15,
        "buyback.tasks.reconcile": 15,
        "buyback.tasks.resume_bulk_sales": 5,
        "buyback.tasks.refresh_prices": 60,
        "buyback.tasks.close_statements": 60,
        "buyback.tasks.extend_chains": 60,
        "buyback.tasks.take_exposure": 60,
        "buyback.tasks.ask_balance": 300,
        "buyback.tasks.compare_payments": 3600,
        "inventory.tasks.count_items": 60,
        "inventory.tasks.count_pulls": 60,
        "inventory.tasks.refresh_values": 300,
        "inventory.tasks.count_sold": 900,
        "inventory.tasks.forget_old_quotes": 3600,
        "buyback.tasks.forget_keys_of_old_sales": 3600,
        "partners.tasks.forget_old_answers": 3600,
        "partners.tasks.forget_old_calls": 3600,
        "partners.tasks.forget_old_spending": 3600,
        "inventory.tasks.erase_old_addresses": 3600,
        "inventory.tasks.forget_users": 60,
    }.items(),
)
def test_it_rings_as_often_as_the_documents_say_and_for_no_longer(
    task: str, seconds: float
) -> None:
    (entry,) = (one for one in app.conf.beat_schedule.values() if one["task"] == task)
    assert (entry["schedule"], entry["options"]) == (seconds, {"expires": max(seconds, 15)})


def test_it_says_of_every_task_how_often() -> None:
    """The intervals above are complete."""
    assert len(app.conf.beat_schedule) == len(SCHEDULE) == 20


def test_it_hands_a_message_to_one_reader_only(broker: Connection) -> None:
    with (
        broker.SimpleQueue("doorbell") as writer,
        broker.clone() as other,
        other.SimpleQueue("doorbell") as reader,
    ):
        writer.put({"ring": 1})
        message = reader.get(timeout=5)
        assert message.payload == {"ring": 1}
        with pytest.raises(writer.Empty):
            writer.get_nowait()
        message.ack()


def test_it_gives_back_a_message_whose_reader_died(broker: Connection) -> None:
    with broker.SimpleQueue("doorbell") as writer:
        writer.put({"ring": 2})
        writer.get(timeout=5)  # never acknowledged
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE pgmq.q_doorbell SET vt = vt - make_interval(secs => %s)", [REDELIVERY]
            )
        again = writer.get(timeout=5)
        assert again.payload == {"ring": 2}
        again.ack()
