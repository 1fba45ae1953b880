"""Every constraint of every table, broken once.

A row has the constraint's name and the ways to break it. The last tests iterate over the models, so
that a new constraint needs a row here.
"""

# ruff: noqa: ARG005  (a way to break a constraint is given the world, whether it needs it or not)

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, models, transaction

from buyback.models import TransferLink
from partners.models import AuditLink
from partners.models.constraints import CompositeForeignKey
from tests.database.breaks import BAD_MONEY, BILLION, NAN, Break, each, twice
from tests.database.bulk_breaks import BULK_BREAKS
from tests.database.dashboard_rows import DASHBOARD
from tests.database.decisions import DECISIONS
from tests.database.forgetting import FORGETTING
from tests.database.guards import GUARDS
from tests.database.people import PEOPLE
from tests.database.schema import constraints, field_label, our_models
from tests.database.shipping import SHIPPING
from tests.kept import make_card_file, make_price_change
from tests.world import (
    NOW,
    World,
    make_activity,
    make_audit_entry,
    make_buyback,
    make_card,
    make_collector,
    make_environment,
    make_idempotency_key,
    make_item,
    make_key,
    make_membership,
    make_pack,
    make_partner,
    make_payout,
    make_purchase,
    make_statement,
    make_tier,
    make_transfer,
    make_user,
)

BAD_PERCENT = (Decimal(0), Decimal("1.0001"), Decimal("-0.85"))


def audit_link(position: int = 1) -> None:
    AuditLink.objects.create(row=make_audit_entry(), position=position, digest=b"x")


def transfer_link(w: World, position: int = 1) -> None:
    TransferLink.objects.create(
        row=make_transfer(buyback(w)),
        environment=w.northwind.live,
        position=position,
        digest=b"x",
    )


def two_links(model: Any, row: models.Model, **fields: Any) -> None:
    for position in (1, 2):
        model.objects.create(row=row, position=position, digest=b"x", **fields)


def live_item(w: World, **fields: Any) -> Any:
    return make_item(w.northwind.live, **fields)


def sandbox_item(w: World, **fields: Any) -> Any:
    return make_item(w.northwind.sandbox, **fields)


def buyback(w: World, **fields: Any) -> Any:
    return make_buyback(live_item(w), **fields)


def at_mint_price(w: World, **fields: Any) -> Any:
    """A voucher's sellback, whose amount does not depend on its basis."""
    price = Decimal("70.13")
    return buyback(w, voucher=True, mint_price=price, amount=price, **fields)


def update(row: models.Model, **fields: Any) -> None:
    type(row)._default_manager.filter(pk=row.pk).update(**fields)


def purchase(w: World, **fields: Any) -> Any:
    return make_purchase(make_collector(w.northwind.live), **fields)


def two_settled(w: World) -> None:
    item = live_item(w)
    twice(lambda: make_buyback(item))


def two_open(w: World) -> None:
    item = live_item(w)
    make_buyback(item, state="claimed")
    make_buyback(item, state="unknown")


def same_card(w: World, *environments: Any) -> None:
    """One card held in each of the environments, under different ids."""
    card = make_card()
    for number, environment in enumerate(environments):
        make_item(environment, card=card, public_id=f"id-{number}")


def two_cards_one_id(w: World) -> None:
    twice(lambda: live_item(w, public_id="the same"))


def paid_twice(w: World) -> None:
    sale = buyback(w)
    make_transfer(sale)
    make_transfer(sale, debit="in_flight")


BREAKS: dict[str, Sequence[Break]] = {
    **DECISIONS,
    **DASHBOARD,
    **GUARDS,
    **FORGETTING,
    # Partners.
    "partners.Partner.slug": [lambda w: make_partner(slug="northwind")],
    "partners_partner_status_known": [lambda w: make_partner(status="closed")],
    "partners_environment_one_per_mode": [lambda w: make_environment(partner=w.northwind.partner)],
    "partners_environment_live_is_never_retired": [lambda w: make_environment(retired_at=NOW)],
    "partners_environment_mode_known": [lambda w: make_environment(mode="test")],
    "partners_environment_live_clock_is_real": [
        lambda w: make_environment(clock_offset=timedelta(seconds=1))
    ],
    "partners_environment_calls_bounds": each(
        (0, 1_000_001), lambda w, bad: make_environment(calls_per_minute=bad)
    ),
    "partners_environment_cap_bounds": each(
        BAD_MONEY, lambda w, bad: make_environment(cap_per_day=bad)
    ),
    "partners_environment_sandbox_has_no_cap": [
        lambda w: make_environment(mode="sandbox", cap_per_day=Decimal(1))
    ],
    "partners.User.email": [lambda w: make_user("owner@northwind.test")],
    **PEOPLE,
    "partners_membership_once_per_partner": [
        lambda w: make_membership(w.northwind.partner, user=w.northwind.viewer, role="owner")
    ],
    "partners_membership_role_known": [lambda w: make_membership(w.northwind.partner, role="root")],
    "partners.ApiKey.key_id": [
        lambda w: twice(lambda: make_key(w.northwind.live, key_id="the same"))
    ],
    "partners_apikey_few_networks": [
        lambda w: make_key(w.northwind.live, networks=["203.0.113.7/32"] * 21)
    ],
    "partners_apikey_scopes_known": [
        lambda w: make_key(w.northwind.live, scopes=["inventory:read", "root"])
    ],
    "partners_idempotencykey_once": [
        lambda w: twice(lambda: make_idempotency_key(w.northwind.live, key="the same"))
    ],
    "partners_idempotencykey_answered_or_at_work": [
        lambda w: make_idempotency_key(w.northwind.live, status=None, body=None),
        lambda w: make_idempotency_key(w.northwind.live, status=None, lease_until=NOW),
        lambda w: make_idempotency_key(w.northwind.live, body=None, lease_until=NOW),
    ],
    # The catalogue.
    "inventory.Pack.public_id": [lambda w: make_pack(public_id=w.pack.public_id)],
    "inventory.Pack.slug": [lambda w: make_pack(slug=w.pack.slug)],
    "inventory_pack_mint_price_bounds": each(BAD_MONEY, lambda w, bad: make_pack(mint_price=bad)),
    "inventory_pack_type_known": [lambda w: make_pack(type="GOLD")],
    "inventory_pack_percent_bounds": each(
        BAD_PERCENT, lambda w, bad: make_pack(buyback_percent=bad)
    ),
    "inventory_pack_max_per_mint_positive": [lambda w: make_pack(max_per_mint=0)],
    "inventory_pack_window_positive": [lambda w: make_pack(buyback_window=timedelta(0))],
    "inventory_tier_position_once": [
        lambda w: make_tier(w.pack, position=0, lower=5000, upper=6000)
    ],
    "inventory_tier_bounds_ordered": [
        lambda w: make_tier(make_pack(), lower=-1),
        lambda w: make_tier(make_pack(), lower=5, upper=5),
        lambda w: make_tier(make_pack(), upper=1_000_000_000),
        lambda w: make_tier(make_pack(), upper=NAN),
    ],
    "inventory_tier_weight_positive": each(
        (0, -1, NAN), lambda w, bad: make_tier(make_pack(), weight=bad)
    ),
    "inventory_tier_color_hex": each(
        ("red", "#12345", "#12345g"), lambda w, bad: make_tier(make_pack(), color=bad)
    ),
    "inventory_tier_no_overlap": [
        lambda w: make_tier(w.pack, position=9, lower=Decimal("999.99"), upper=2000)
    ],
    "inventory_card_fmv_bounds": each(BAD_MONEY, lambda w, bad: make_card(fmv=bad)),
    "inventory_pricechange_before_bounds": each(
        BAD_MONEY, lambda w, bad: make_price_change(before=bad)
    ),
    "inventory_pricechange_fmv_bounds": each(BAD_MONEY, lambda w, bad: make_price_change(fmv=bad)),
    "inventory_pricechange_is_a_change": [
        lambda w: make_price_change(before=Decimal(5), fmv=Decimal(5))
    ],
    "inventory_cardfile_kind_known": [lambda w: make_card_file(kind="xlsx")],
    "inventory_card_listing_once": [
        lambda w: twice(
            lambda: make_card(source_type="ebay", listing_id="1", mint_address=f"{uuid4()}")
        ),
        lambda w: [
            make_card(source_type=source, listing_id="the same", mint_address=f"{uuid4()}")
            for source in ("alt", "ebay")
        ],
    ],
    "inventory_card_mint_once": [lambda w: twice(lambda: make_card(mint_address="the same"))],
    "inventory_card_public_id_once": [
        lambda w: [
            make_card(mint_address="the same"),
            make_card(source_type="alt", listing_id="the same"),
        ]
    ],
    "inventory_card_ebay_has_a_listing": [lambda w: make_card(source_type="ebay")],
    "inventory_card_attributes_are_a_list": each(
        ({}, "a", 1), lambda w, bad: make_card(attributes=bad)
    ),
    "inventory_card_source_known": [lambda w: make_card(source_type="found")],
    "inventory_card_has_an_identity": [lambda w: make_card(source_type="alt", mint_address=None)],
    "inventory_card_enft_is_minted": [lambda w: make_card(source_type="enft", listing_id="1")],
    "inventory_packactivity_once_per_pool": [lambda w: twice(lambda: make_activity(w.pack))],
    # Purchases.
    "inventory_collector_once": [
        lambda w: twice(lambda: make_collector(w.northwind.live, "the same"))
    ],
    "inventory_collector_user_id_filled": [
        lambda w: update(make_collector(w.northwind.live), user_id="")
    ],
    "inventory_purchase_public_id_once": [lambda w: twice(lambda: purchase(w, public_id="_same0"))],
    "inventory_purchase_public_id_base62": each(
        ("same0", "_abc", "_abc-def", "_abcdéf"), lambda w, bad: purchase(w, public_id=bad)
    ),
    "inventory_purchase_collector_same_env": each(
        ("juniper.live", "northwind.sandbox"),
        lambda w, other: purchase(w, environment=environment(w, other)),
    ),
    "inventory_purchase_mint_price_bounds": each(
        BAD_MONEY, lambda w, bad: purchase(w, mint_price=bad)
    ),
    "inventory_purchase_amount_positive": [lambda w: purchase(w, amount=0)],
    "inventory_purchase_state_known": [lambda w: purchase(w, state="lost")],
    "inventory_purchase_fulfilled_is_complete": [
        lambda w: purchase(w, fulfilled_at=None),
        lambda w: purchase(w, tx_hash=None),
    ],
    # Items.
    "inventory_item_open_public_id": [two_cards_one_id],
    "inventory_item_live_card_once": [lambda w: same_card(w, w.northwind.live, w.juniper.live)],
    "inventory_item_card_once_per_env": [
        lambda w: same_card(w, w.northwind.sandbox, w.northwind.sandbox),
    ],
    "inventory_item_mode_is_its_environments": [
        lambda w: sandbox_item(w, mode="live"),
        lambda w: live_item(w, mode="sandbox", expires_at=NOW),
    ],
    "inventory_item_collector_same_env": [
        lambda w: update(live_item(w), collector=make_collector(w.juniper.live)),
    ],
    "inventory_item_purchase_same_env": [
        lambda w: update(live_item(w), purchase=make_purchase(make_collector(w.juniper.live))),
    ],
    # Outside its bounds the value breaks the price's check first.
    "inventory_item_fmv_bounds": [
        lambda w: update(live_item(w), fmv=BILLION, buyback_price=Decimal(850_000_000))
    ],
    "inventory_item_buyback_price_bounds": each(
        BAD_MONEY, lambda w, bad: update(live_item(w), buyback_price=bad)
    ),
    "inventory_item_buyback_price_recomputes": [
        lambda w: live_item(w, buyback_price=Decimal("70.12"))
    ],
    "inventory_item_percent_bounds": [
        lambda w: update(
            live_item(w), buyback_percent=Decimal("1.0001"), buyback_price=Decimal("82.51")
        )
    ],
    "inventory_item_state_known": [lambda w: live_item(w, state="lost")],
    "inventory_item_sandbox_expires": [lambda w: sandbox_item(w, expires_at=None)],
    "inventory_item_swept_had_a_window": [lambda w: live_item(w, expires_at=None, expired_at=NOW)],
    "inventory_item_swept_sells_no_more": [
        lambda w: live_item(w, state="selling", expires_at=NOW, expired_at=NOW),
        lambda w: live_item(w, state="sold", sold_at=NOW, expires_at=NOW, expired_at=NOW),
    ],
    "inventory_item_sold_has_its_time": [
        lambda w: live_item(w, state="sold"),
        lambda w: live_item(w, sold_at=NOW),
    ],
    # Sellbacks.
    "buyback_buyback_item_same_env": [lambda w: buyback(w, environment=w.juniper.live)],
    "buyback_buyback_one_settled_per_item": [two_settled],
    "buyback_buyback_one_open_per_item": [two_open],
    "buyback_buyback_state_known": [lambda w: buyback(w, state="lost")],
    "buyback_buyback_fmv_bounds": [
        lambda w: at_mint_price(w, fmv=Decimal(0)),
        lambda w: at_mint_price(w, fmv=Decimal("-0.01")),
        lambda w: buyback(w, fmv=BILLION, amount=Decimal(850_000_000)),
    ],
    "buyback_buyback_mint_price_bounds": each(BAD_MONEY, lambda w, bad: buyback(w, mint_price=bad)),
    "buyback_buyback_amount_bounds": each(BAD_MONEY, lambda w, bad: buyback(w, amount=bad)),
    "buyback_buyback_percent_bounds": [
        lambda w: at_mint_price(w, buyback_percent=Decimal(0)),
        lambda w: at_mint_price(w, buyback_percent=Decimal("-0.85")),
        lambda w: buyback(w, buyback_percent=Decimal("1.0001"), amount=Decimal("82.51")),
    ],
    "buyback_buyback_amount_recomputes": [
        lambda w: buyback(w, amount=Decimal("70.12")),
        lambda w: buyback(w, voucher=True, mint_price=Decimal("70.14")),
        lambda w: buyback(w, voucher=True, mint_price=Decimal(1), amount=Decimal(1)),
    ],
    "buyback_buyback_completed_has_its_time": [
        lambda w: buyback(w, completed_at=None),
        lambda w: buyback(w, state="failed", completed_at=None),
        lambda w: buyback(w, state="submitted", completed_at=NOW),
    ],
    "buyback_buyback_priced_before_money": [
        lambda w, state=state, field=field: buyback(w, state=state, **{field: None})  # type: ignore[misc]
        for state in ("submitted", "settled", "unknown", "review")
        for field in ("fmv", "priced_at", "amount")
    ],
    "buyback_buyback_open_has_a_lease": [
        *each(
            ("claimed", "submitted", "unknown", "review"),
            lambda w, bad: buyback(w, state=bad, lease_until=None),
        ),
        *each(("settled", "failed"), lambda w, bad: buyback(w, state=bad, lease_until=NOW)),
    ],
    "buyback_buyback_submitted_has_its_time": each(
        ("submitted", "unknown", "review"), lambda w, bad: buyback(w, state=bad, submitted_at=None)
    ),
    "buyback_buyback_treasury_has_a_reference": each(
        ("treasury", "reference"), lambda w, it: buyback(w, **{it: "a"})
    ),
    "buyback_buyback_reference_once": [
        lambda w: twice(lambda: buyback(w, treasury="a", reference="b"))
    ],
    # Chains.
    "partners_auditlink_once": [lambda w: twice(audit_link)],
    "partners.AuditLink.row": [lambda w: two_links(AuditLink, make_audit_entry())],
    "partners_auditlink_from_one": [lambda w: audit_link(position=0)],
    "buyback_transferlink_once": [lambda w: twice(lambda: transfer_link(w))],
    "buyback.TransferLink.row": [
        lambda w: two_links(TransferLink, make_transfer(buyback(w)), environment=w.northwind.live)
    ],
    "buyback_transferlink_from_one": [lambda w: transfer_link(w, position=0)],
    # Payouts.
    "buyback_transfer_back_to_the_treasury": [
        lambda w: make_transfer(buyback(w), debit="paid_out", credit="in_flight"),
    ],
    "buyback_transfer_amount_is_the_sales": [
        lambda w: make_transfer(buyback(w), amount=Decimal("70.12")),
        lambda w: make_transfer(buyback(w), environment=w.juniper.live),
    ],
    "buyback_transfer_once": [
        lambda w: repeated(buyback(w), credit="in_flight"),
    ],
    "buyback_transfer_paid_out_once": [paid_twice],
    "buyback_transfer_amount_bounds": each(
        BAD_MONEY, lambda w, bad: make_transfer(buyback(w), amount=bad)
    ),
    "buyback_transfer_two_accounts": [
        lambda w: make_transfer(buyback(w), debit="treasury", credit="treasury")
    ],
    "buyback_transfer_account_known": [
        lambda w: make_transfer(buyback(w), credit="pocket"),
        lambda w: make_transfer(buyback(w), debit="pocket"),
    ],
    "buyback.Payout.buyback": [lambda w: repeated_payout(buyback(w))],
    "buyback_payout_amount_is_the_sales": [
        lambda w: make_payout(buyback(w), amount=Decimal("70.12")),
        lambda w: make_payout(
            buyback(w), environment=w.juniper.live, collector=make_collector(w.juniper.live)
        ),
    ],
    "buyback_payout_collector_same_env": [
        lambda w: make_payout(buyback(w), collector=make_collector(w.juniper.live)),
        lambda w: make_payout(buyback(w), collector=make_collector(w.northwind.sandbox)),
    ],
    "buyback_payout_amount_bounds": each(
        BAD_MONEY, lambda w, bad: make_payout(buyback(w), amount=bad)
    ),
    "buyback_payout_state_known": [lambda w: make_payout(buyback(w), state="lost")],
    "buyback_payout_paid_has_its_time": [
        lambda w: make_payout(buyback(w), paid_at=None),
        lambda w: make_payout(buyback(w), state="pending", paid_at=NOW),
    ],
    # Shipping.
    **SHIPPING,
    # Daily statements.
    "buyback_statement_once_a_day": [lambda w: twice(lambda: make_statement(w.northwind.live))],
    "buyback_statement_day_was_over": [lambda w: make_statement(w.northwind.live, closed_at=NOW)],
    "buyback_statement_paid_what_was_sold": [
        lambda w: make_statement(w.northwind.live, sold=1, sold_amount=5, paid=2, paid_amount=5),
        lambda w: make_statement(w.northwind.live, sold=1, sold_amount=5, paid=1, paid_amount=6),
    ],
    "buyback_statement_amount_has_sales": [
        lambda w: make_statement(w.northwind.live, sold_amount=5, paid_amount=5),
        lambda w: make_statement(w.northwind.live, sold=1, paid=1),
    ],
    **BULK_BREAKS,
}


def repeated(sale: Any, **fields: Any) -> None:
    twice(lambda: make_transfer(sale, **fields))


def repeated_payout(sale: Any) -> None:
    twice(lambda: make_payout(sale))


def environment(w: World, path: str) -> Any:
    company, mode = path.split(".")
    return getattr(getattr(w, company), mode)


CASES = [
    pytest.param(name, way, id=f"{name}-{number}")
    for name, ways in BREAKS.items()
    for number, way in enumerate(ways)
]


@pytest.mark.parametrize(("name", "way"), CASES)
def test_it_refuses(world: World, name: str, way: Break) -> None:
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        way(world)
    broken = caught.value.__cause__.diag.constraint_name  # type: ignore[union-attr]
    # Django names a column's UNIQUE after table and column.
    app_and_model, _, column = name.rpartition(".")
    wanted = f"{app_and_model.replace('.', '_').lower()}_{column}" if app_and_model else name
    assert broken.startswith(wanted)


def test_it_lists_every_constraint() -> None:
    assert set(constraints()) == set(BREAKS)


def test_it_repeats_the_primary_key_where_a_reference_needs_a_target() -> None:
    """Constraints not in the list contain the primary key, so a single row cannot break them."""
    targets = [
        constraint.name
        for model in our_models()
        for constraint in model._meta.constraints
        if isinstance(constraint, models.UniqueConstraint) and "id" in constraint.fields
    ]
    assert sorted(targets) == [
        "buyback_bulksale_tenant",
        "buyback_buyback_tenant_amount",
        "inventory_collector_tenant",
        "inventory_item_tenant",
        "inventory_purchase_tenant",
        "inventory_shippingorder_tenant",
        "partners_environment_id_mode",
    ]


def test_it_lets_the_database_check_every_reference() -> None:
    """A foreign key without its own constraint is covered by one over several columns."""
    for model in our_models():
        composite = {
            column for c in model._meta.constraints for column in getattr(c, "columns", ())
        }
        for field in model._meta.local_concrete_fields:
            if isinstance(field, models.ForeignKey) and not getattr(field, "db_constraint", True):
                assert field.column in composite, field_label(field)


def test_the_database_has_the_composite_keys_that_models_declare(db: None) -> None:
    """Migrations create them with SQL, which nothing else compares with the models."""
    declared = {
        key.name: f"FOREIGN KEY ({', '.join(key.columns)})"
        f" REFERENCES {key.to_table}({', '.join(key.to_columns)})"
        for model in our_models()
        for key in model._meta.constraints
        if isinstance(key, CompositeForeignKey)
    }
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = ANY(%s)",
            [list(declared)],
        )
        assert dict(cursor.fetchall()) == declared
