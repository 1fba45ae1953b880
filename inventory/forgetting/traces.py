"""Erasing a forgotten user's old id and addresses from the records, in batches.

A pass goes over each place once, and remembers after each batch where it is. A request that read
the old id before the user was forgotten can still write it for a while. So a second pass begins
``SETTLED`` later, and at its end our copy of the id is erased too.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus, unquote_plus, urlencode
from uuid import UUID

import orjson
from django.db import connection, transaction
from django.db.models import Q

from config.foundation import clock
from inventory.forgetting.forget import FIRST, end_quotes
from inventory.models import Collector, ShippingOrder
from inventory.models.shipping import ENDED
from inventory.shipping.retention import erased
from partners.models import ApiCall, Event, ForgottenUser, IdempotencyKey, SavedView
from partners.models.records import pseudonymised

BATCH = 2000  # rows read in one transaction
SETTLED = timedelta(minutes=10)  # longer than any request, any task and the request log's delay
LONGEST = 120.0  # seconds of one run of the task; the rest is the next run's
ERASED = "(erased)"
NEW_DATA = pseudonymised("event.data")
CHANGE_EVENTS = f"""
UPDATE partners_event event SET data = {NEW_DATA}
  FROM partners_forgottenuser gone
 WHERE gone.id = %s AND event.id = ANY(%s) AND {NEW_DATA} IS NOT NULL
"""  # noqa: S608  (an expression of our own)

# A batch after a cursor: how many rows it changed, and the next cursor; None at the end.
Batch = tuple[int, str | None]


def erase(forgotten: ForgottenUser, *, say: Callable[[str], None] = lambda _: None) -> int:
    """Finish the current pass; returns how many rows changed.

    The task begins the last pass (``erase_all``). Stopped at any point, the next call continues.
    ``say`` gets a line of progress after each batch. Repeatable; runs in parallel wait for each
    other.
    """
    return _erase(forgotten, until=None, say=say)


def erase_all(*, now: datetime | None = None) -> int:
    """Continue with every user who is being forgotten; returns how many rows changed."""
    moment, until, changed = now or clock.now(), time.monotonic() + LONGEST, 0
    for forgotten in ForgottenUser.objects.filter(finished_at=None).order_by("pk"):
        if not forgotten.stage:
            # Between two passes: the last one starts when nobody can write the old id any more.
            if moment < forgotten.created_at + SETTLED:
                continue
            ForgottenUser.objects.filter(pk=forgotten.pk, stage="").update(
                stage=FIRST, after="", pass_began_at=moment
            )
        changed += _erase(forgotten, until=until, say=lambda _: None)
    return changed


def _erase(forgotten: ForgottenUser, *, until: float | None, say: Callable[[str], None]) -> int:
    changed = 0
    while until is None or time.monotonic() < until:
        with transaction.atomic():
            row = (
                ForgottenUser.objects.select_related("environment")
                .select_for_update(no_key=True, of=("self",))
                .get(pk=forgotten.pk)
            )
            if row.finished_at is not None or not row.stage:
                return changed
            stage = row.stage
            count, after = STAGES[stage](row, row.after)
            changed += count
            row.changed += count
            if after is not None:
                row.after = after
            else:
                _next_stage(row)
            row.save()
        say(f"{stage}: {row.changed} rows changed so far")
    return changed


def _next_stage(row: ForgottenUser) -> None:
    """Go on with the next stage; after the last one rest, or finish."""
    names = list(STAGES)
    place = names.index(row.stage) + 1
    row.after = ""
    row.stage = names[place] if place < len(names) else ""
    if not row.stage and row.pass_began_at >= row.created_at + SETTLED:
        row.user_id, row.finished_at = None, clock.now()


def _collector(row: ForgottenUser) -> Collector:
    return Collector.objects.get(environment=row.environment_id, user_id=row.pseudonym)


def _quotes(row: ForgottenUser, after: str) -> Batch:
    """Offers made while the user was being forgotten."""
    return end_quotes(_collector(row)), None


def _orders(row: ForgottenUser, after: str) -> Batch:
    """Addresses and texts of the user's orders. All had ended when the user was forgotten."""
    orders = list(
        ShippingOrder.objects.filter(
            pk__in=ShippingOrder.objects.filter(
                lines__item__collector=_collector(row),
                pk__gt=int(after or 0),
                created_at__lte=row.created_at + row.environment.clock_offset,
                state__in=ENDED,
            )
            .order_by("pk")
            .values("pk")
            .distinct()[:BATCH]
        )
        .order_by("pk")
        .select_for_update(no_key=True)
    )
    found = [order for order in orders if order.erased_at is None or _has_texts(order)]
    for order in found:
        order.destination = erased(order.destination)
        order.erased_at = order.erased_at or clock.now()
        order.tracking_number = order.tracking_url = order.error_message = None
    ShippingOrder.objects.bulk_update(
        found, ["destination", "erased_at", "tracking_number", "tracking_url", "error_message"]
    )
    return len(found), _after(orders, lambda order: str(order.pk))


def _has_texts(order: ShippingOrder) -> bool:
    return bool(order.tracking_number or order.tracking_url or order.error_message)


def _events(row: ForgottenUser, after: str) -> Batch:
    rows = Event.objects.filter(_later(after), environment=row.environment_id)
    found = list(rows.order_by("created_at", "id").values_list("created_at", "pk")[:BATCH])
    with connection.cursor() as cursor:
        cursor.execute(CHANGE_EVENTS, [row.pk, [pk for _, pk in found]])
        count = int(cursor.rowcount)
    return count, _after(found, lambda one: f"{one[0].isoformat()}|{one[1]}")


def _calls(row: ForgottenUser, after: str) -> Batch:
    """The request log: the id in a path becomes the pseudonym, a body with the id is erased."""
    rows = ApiCall.objects.filter(_later(after, int), environment=row.environment_id)
    calls = list(rows.order_by("created_at", "id").defer("key", "code")[:BATCH])
    user = row.user_id or ""
    written = _written(user)
    changed = []
    for call in calls:
        path = _in_path(call.path, user, row.pseudonym)
        sent, answered = (
            ERASED if any(text in body for text in written) else body
            for body in (call.sent, call.answered)
        )
        if (path, sent, answered) != (call.path, call.sent, call.answered):
            call.path, call.sent, call.answered = path, sent, answered
            changed.append(call)
    ApiCall.objects.bulk_update(changed, ["path", "sent", "answered"], batch_size=500)
    return len(changed), _after(calls, lambda call: f"{call.created_at.isoformat()}|{call.pk}")


def _written(user: str) -> set[str]:
    """The id as a JSON text can write it. The log stores bodies with other escapes in one form."""
    texts = {json.dumps(user), json.dumps(user, ensure_ascii=False)}
    return texts | {text.replace("/", "\\/") for text in texts}


def _in_path(path: str, user: str, pseudonym: str) -> str:
    """A logged path with its query, with the pseudonym in place of the id."""
    plain, mark, query = path.partition("?")
    for form in (user, quote(user, safe=""), quote(user)):
        # The id itself may contain a question mark.
        for whole in {plain, path}:
            if whole.endswith(f"inventory/{form}"):
                return whole[: -len(form)] + pseudonym + (mark + query if whole == plain else "")
    pairs = [_in_pair(pair, user, pseudonym) for pair in query.split("&")] if mark else []
    return f"{plain}{mark}{'&'.join(pairs)}"[:1000]


def _in_pair(pair: str, user: str, pseudonym: str) -> str:
    name, equals, value = pair.partition("=")
    return f"{name}={pseudonym}" if equals and unquote_plus(value) == user else pair


def _keys(row: ForgottenUser, after: str) -> Batch:
    """Stored responses. They stay: without its key, a repeated request would act again."""
    rows = IdempotencyKey.objects.filter(environment=row.environment_id, pk__gt=int(after or 0))
    keys = list(rows.order_by("pk").select_for_update(no_key=True)[:BATCH])
    collector = _collector(row)
    changed = []
    for key in keys:
        if not key.body:
            continue
        before = orjson.loads(bytes(key.body))
        body = _in_body(before, row.user_id or "", row.pseudonym, collector)
        if body != before:
            key.body = orjson.dumps(body)
            changed.append(key)
    IdempotencyKey.objects.bulk_update(changed, ["body"], batch_size=500)
    return len(changed), _after(keys, lambda key: str(key.pk))


def _in_body(value: Any, user: str, pseudonym: str, collector: Collector) -> Any:
    """A response with the pseudonym in place of the id; an order without its address."""
    if isinstance(value, str):
        return pseudonym if value == user else value
    if isinstance(value, list):
        return [_in_body(one, user, pseudonym, collector) for one in value]
    if not isinstance(value, dict):
        return value
    found = {name: _in_body(one, user, pseudonym, collector) for name, one in value.items()}
    if isinstance(found.get("destination"), dict):
        orders = ShippingOrder.objects.filter(
            environment=collector.environment_id, public_id=str(found.get("order_id"))
        )
        if orders.filter(lines__item__collector=collector).exists():
            found["destination"] = erased(found["destination"])
    return found


def _views(row: ForgottenUser, after: str) -> Batch:
    """Filters that members saved."""
    rows = SavedView.objects.filter(environment=row.environment_id, pk__gt=int(after or 0))
    views = list(rows.order_by("pk").select_for_update(no_key=True)[:BATCH])
    changed = []
    for view in views:
        pairs = parse_qsl(view.query, keep_blank_values=True)
        if any(value == row.user_id for _, value in pairs):
            view.query = urlencode(
                [(name, row.pseudonym if value == row.user_id else value) for name, value in pairs],
                quote_via=quote_plus,
            )
            changed.append(view)
    SavedView.objects.bulk_update(changed, ["query"])
    return len(changed), _after(views, lambda view: str(view.pk))


def _later(after: str, read: Callable[[str], Any] = UUID) -> Q:
    """Rows after the cursor, by time and key."""
    moment, _, pk = after.partition("|")
    if not moment:
        return Q()
    at = datetime.fromisoformat(moment)
    return Q(created_at__gte=at) & (Q(created_at__gt=at) | Q(pk__gt=read(pk)))


def _after(rows: list[Any], cursor: Callable[[Any], str]) -> str | None:
    """The cursor after these rows; None if they were the last."""
    return cursor(rows[-1]) if len(rows) == BATCH else None


STAGES: dict[str, Callable[[ForgottenUser, str], Batch]] = {
    FIRST: _quotes,
    "orders": _orders,
    "events": _events,
    "calls": _calls,
    "keys": _keys,
    "views": _views,
}
