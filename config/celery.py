"""The schedule of periodic tasks and the broker, on one page.

The tables hold the truth; a message only starts work. A task takes ids, makes one call, and can run
twice and in parallel. Start: `celery -A config.celery worker` and `celery -A config.celery beat`.
"""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from celery.loaders.app import AppLoader

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from django.conf import settings

from config.postgres import time_limits

# Seconds between two runs. A run with nothing to do costs one indexed query. A message that is
# still waiting when the next one is due is dropped: otherwise a queue would grow behind a slow run.
# It is never dropped before 15 seconds, because the clocks of two hosts differ a little.
SCHEDULE: dict[str, dict[str, Any]] = {
    "close windows": {"task": "buyback.tasks.close_windows", "schedule": 15.0},
    "reconcile sellbacks": {"task": "buyback.tasks.reconcile", "schedule": 15.0},
    "resume bulk sales": {"task": "buyback.tasks.resume_bulk_sales", "schedule": 5.0},
    "refresh prices": {"task": "buyback.tasks.refresh_prices", "schedule": 60.0},
    "close statements": {"task": "buyback.tasks.close_statements", "schedule": 60.0},
    "extend the chains": {"task": "buyback.tasks.extend_chains", "schedule": 60.0},
    "take the exposure snapshot": {"task": "buyback.tasks.take_exposure", "schedule": 60.0},
    "ask for the treasury's balance": {"task": "buyback.tasks.ask_balance", "schedule": 300.0},
    "compare payments": {"task": "buyback.tasks.compare_payments", "schedule": 3600.0},
    "refresh pack values": {"task": "inventory.tasks.refresh_values", "schedule": 300.0},
    "count items": {"task": "inventory.tasks.count_items", "schedule": 60.0},
    "count pulls": {"task": "inventory.tasks.count_pulls", "schedule": 60.0},
    "forget keys of old sales": {
        "task": "buyback.tasks.forget_keys_of_old_sales",
        "schedule": 3600.0,
    },
    "count what was sold back": {"task": "inventory.tasks.count_sold", "schedule": 900.0},
    "forget old quotes": {"task": "inventory.tasks.forget_old_quotes", "schedule": 3600.0},
    "erase old addresses": {"task": "inventory.tasks.erase_old_addresses", "schedule": 3600.0},
    "forget users": {"task": "inventory.tasks.forget_users", "schedule": 60.0},
    "forget old answers": {"task": "partners.tasks.forget_old_answers", "schedule": 3600.0},
    "forget old calls": {"task": "partners.tasks.forget_old_calls", "schedule": 3600.0},
    "forget old spending": {"task": "partners.tasks.forget_old_spending", "schedule": 3600.0},
}

SHORTEST_WAIT = 15.0
# Longest run of any task, in seconds. It is below the broker's redelivery time, so a slow task does
# not run twice.
SOFT_LIMIT = 240
HARD_LIMIT = 300
REDELIVERY = 600
# Seconds for a Redis that does not answer: web threads send to it.
BROKER_WAIT = 5


def broker() -> dict[str, Any]:
    """The broker's settings: CELERY_BROKER_URL, or queue tables in the database."""
    url = settings.CELERY_BROKER_URL
    if url:
        options: dict[str, Any] = {"visibility_timeout": REDELIVERY}
        if not url.startswith("redis"):
            return {"broker_url": url, "broker_transport_options": options}
        options |= {"socket_connect_timeout": BROKER_WAIT, "socket_timeout": BROKER_WAIT}
        return {
            "broker_url": url,
            "broker_transport": "config.postgres.redis_broker:Transport",
            "broker_transport_options": options,
        }
    return {
        "broker_url": "pgmq://database",  # the name is not looked up
        "broker_transport": "config.postgres.broker:Transport",
        "broker_transport_options": {
            "visibility_timeout": REDELIVERY,
            # the tables are created by our migration, because the extension needs a superuser
            "init_extension": False,
            "wait_time_seconds": 0,
            "use_notify": True,
            "pool_size": 4,
        },
    }


class Loader(AppLoader):
    """Celery's loader, which also sets the database time limits of worker and beat."""

    def on_worker_init(self) -> None:
        """Worker and beat call it before they connect; forked processes inherit the limits."""
        time_limits.use("worker")


app = Celery("sellback", loader="config.celery:Loader")
app.conf.update(
    **broker(),
    beat_schedule={
        name: entry | {"options": {"expires": max(entry["schedule"], SHORTEST_WAIT)}}
        for name, entry in SCHEDULE.items()
    },
    beat_schedule_filename=str(settings.DATA_DIR / "beat-schedule"),
    broker_connection_retry_on_startup=True,
    # retries for ever: after 2 s, 4 s, 6 s and so on, then every 30 s
    broker_connection_max_retries=None,
    task_default_queue="sellback",
    task_ignore_result=True,
    # The tasks' own schedule makes up for a message that could not be sent.
    task_publish_retry_policy={"max_retries": 1, "interval_start": 0},
    task_acks_late=True,  # with the line below: a worker that is killed hands its task on
    task_reject_on_worker_lost=True,
    task_soft_time_limit=SOFT_LIMIT,
    task_time_limit=HARD_LIMIT,
    worker_prefetch_multiplier=1,
    worker_enable_remote_control=False,
    worker_send_task_events=False,
    worker_hijack_root_logger=False,
    worker_redirect_stdouts=False,
    timezone="UTC",
    enable_utc=True,
)
app.autodiscover_tasks()
