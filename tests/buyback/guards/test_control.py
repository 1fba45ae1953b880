"""Setting the guards and marking alerts: audited, all or nothing, no overwriting of changes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from buyback.guards.alerts import mark_seen
from buyback.guards.control import BadCap, GuardsChanged, as_seen, set_guards
from buyback.models import Alert, TreasuryControl
from config.foundation.errors import Refusal
from config.foundation.reasons import ReasonRequired
from partners.models import AuditEntry
from partners.records.actor import Actor
from tests.world import NOW, World, make_alert

pytestmark = pytest.mark.django_db
ANNA = Actor("user", "anna@x.test")
OPEN: dict[str, Any] = {
    "paused": False,
    "cap_per_sale": None,
    "cap_per_partner_day": None,
    "cap_per_hour": None,
}


def put(**changes: Any) -> TreasuryControl:
    return set_guards(**OPEN | {"reason": "because", "by": ANNA} | changes)


def audited() -> list[tuple[str, Any, Any]]:
    return list(AuditEntry.objects.order_by("id").values_list("action", "before", "after"))


def test_it_sets_guards_and_says_what_they_were() -> None:
    put(cap_per_sale=Decimal(5))
    put(cap_per_sale=Decimal("5.00"), paused=True, reason="the bank is closed")
    stored = TreasuryControl.objects.get()
    assert (stored.pk, stored.paused, stored.cap_per_sale, stored.cap_per_hour) == (
        1,
        True,
        Decimal(5),
        None,
    )
    action = "treasury_control.changed"
    assert audited() == [
        (action, {"cap_per_sale": None}, {"cap_per_sale": "5.00", "reason": "because"}),
        (action, {"paused": False}, {"paused": True, "reason": "the bank is closed"}),
    ]


def test_it_writes_nothing_where_nothing_changes() -> None:
    put(cap_per_hour=Decimal("7.5"))
    put(cap_per_hour=Decimal("7.50"))
    assert len(audited()) == 1


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"reason": " "}, ReasonRequired),
        ({"reason": "x" * 501}, ReasonRequired),
        ({"reason": "a\0b"}, ReasonRequired),
        *[
            ({"cap_per_sale": Decimal(cap)}, BadCap)
            for cap in ("0", "-1", "NaN", "Infinity", "1000000000", "0.001", "1E-30")
        ],
        ({"seen": ""}, GuardsChanged),
        ({"seen": "something else"}, GuardsChanged),
    ],
)
def test_it_refuses_and_changes_nothing(change: dict[str, Any], refusal: type[Refusal]) -> None:
    put(paused=True)
    before = TreasuryControl.objects.values().get()
    with pytest.raises(refusal):
        put(**change)
    assert (TreasuryControl.objects.values().get(), len(audited())) == (before, 1)


def test_it_does_not_lift_a_pause_set_since_the_form_was_shown() -> None:
    seen = as_seen(put())
    put(paused=True, seen=seen)
    with pytest.raises(GuardsChanged):
        put(cap_per_sale=Decimal(50), seen=seen)
    assert TreasuryControl.objects.get().paused


def test_it_marks_an_alert_as_seen_once(world: World) -> None:
    alert = make_alert(world.northwind.live, subject="the same")
    for _ in range(2):
        mark_seen(alert=alert, by=ANNA, now=NOW)
    assert audited() == [("alert.seen", {"seen_at": None}, {"seen_at": "2026-04-18T19:05:14.000Z"})]
    make_alert(world.northwind.live, subject="the same")  # the problem occurred again
    assert Alert.objects.filter(seen_at=None).count() == 1
