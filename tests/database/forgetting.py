"""Ways to break the constraints of users who are being forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from partners.models import ForgottenUser
from tests.database.breaks import Break
from tests.shipments import make_order
from tests.world import NOW, World

PSEUDONYM = "forgotten-" + "0" * 32


def gone(w: World, **fields: Any) -> ForgottenUser:
    return ForgottenUser.objects.create(
        **{"environment": w.northwind.live, "user_id": "ada", "pseudonym": PSEUDONYM} | fields
    )


FORGETTING: dict[str, Sequence[Break]] = {
    "partners_forgottenuser_pseudonym_once": [
        lambda w: (gone(w), gone(w, user_id=None, finished_at=NOW))
    ],
    "partners_forgottenuser_one_at_a_time": [
        lambda w: (gone(w), gone(w, pseudonym="forgotten-" + "1" * 32))
    ],
    "partners_forgottenuser_pseudonym_form": [
        lambda w: gone(w, pseudonym="ada"),
        lambda w: gone(w, pseudonym=PSEUDONYM.upper()),
    ],
    "partners_forgottenuser_finished_has_no_id": [
        lambda w: gone(w, finished_at=NOW),
        lambda w: gone(w, user_id=None),
    ],
    "inventory_shippingorder_erased_has_ended": [
        lambda w: make_order(w.northwind.live, state="shipped", erased_at=NOW)
    ],
}
