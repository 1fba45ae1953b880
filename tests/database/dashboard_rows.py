"""Ways to break the constraints of dashboard models (for ``test_constraints.py``)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from partners.models import ApiKey
from tests.calls import make_lost_calls
from tests.dashboard.rows import make_saved_view, make_tally, make_user_tally
from tests.invitations import make_invitation
from tests.world import NOW, World, make_collector, make_key


def view(w: World, **fields: Any) -> object:
    return make_saved_view(w.northwind.viewer, w.northwind.live, **fields)


def tally(w: World, **fields: Any) -> object:
    return make_tally(w.northwind.live, **fields)


def held(w: World, **fields: Any) -> object:
    return make_user_tally(w.northwind.live, **fields)


def counted_twice(w: World) -> None:
    ann = make_collector(w.northwind.live)
    held(w, collector=ann)
    held(w, collector=ann)


def invited_twice(w: World, **fields: Any) -> None:
    make_invitation(w.northwind.partner, **fields)
    make_invitation(w.northwind.partner, **fields)


def lost_twice(w: World) -> None:
    make_lost_calls(w.northwind.live)
    make_lost_calls(w.northwind.live)


def key_that_replaces_itself(w: World) -> None:
    key, _ = make_key(w.northwind.live, expires_at=NOW)
    ApiKey.objects.filter(pk=key.pk).update(replaced_by=key)


def two_keys_one_successor(w: World) -> None:
    new, _ = make_key(w.northwind.live)
    for _ in range(2):
        make_key(w.northwind.live, expires_at=NOW, replaced_by=new)


DASHBOARD: dict[str, list[Callable[[World], object]]] = {
    "partners_savedview_once": [lambda w: (view(w, name="the same"), view(w, name="the same"))],
    "partners_savedview_named": [lambda w: view(w, name=" "), lambda w: view(w, page="")],
    "partners.ApiKey.replaced_by": [two_keys_one_successor],
    "partners_apikey_replaced_ends": [
        key_that_replaces_itself,
        lambda w: make_key(w.northwind.live, replaced_by=make_key(w.northwind.live)[0]),
    ],
    "partners.Invitation.digest": [lambda w: invited_twice(w, digest=bytes(32))],
    "partners_invitation_one_open": [lambda w: invited_twice(w, email="a@x.test")],
    "partners_invitation_role_known": [lambda w: make_invitation(w.northwind.partner, role="root")],
    "partners_invitation_ends_once": [
        lambda w: make_invitation(w.juniper.partner, accepted_at=NOW, withdrawn_at=NOW)
    ],
    "partners_lostcalls_once_a_day": [lost_twice],
    "partners_lostcalls_some": [lambda w: make_lost_calls(w.northwind.live, calls=0)],
    "inventory_tally_once": [lambda w: (tally(w, pack=w.pack), tally(w, pack=w.pack))],
    "inventory_tally_adds_up": [
        lambda w: tally(w, held=3),
        lambda w: tally(w, sold=4),
        lambda w: tally(w, held_value=Decimal("-0.01")),
    ],
    "inventory_usertally_once": [counted_twice],
    "inventory_usertally_collector_same_env": [
        lambda w: held(w, collector=make_collector(w.juniper.live))
    ],
    "inventory_usertally_holds_something": [lambda w: held(w, size=0), lambda w: held(w, value=0)],
}
