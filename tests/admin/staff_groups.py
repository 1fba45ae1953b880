"""The rights of Phygitals' own people, by group, as the migrations have written them. A superuser
adds people to the groups.

Whatever is in no group is closed to all but superusers, so a new table of the admin opens to nobody
by itself.
"""

from __future__ import annotations

# Everything there is to look at, but people's accounts and their rights.
LOOKS = (
    "partners.view_partner",
    "partners.view_environment",
    "partners.view_apikey",
    "partners.view_membership",
    "partners.view_invitation",
    "partners.view_event",
    "partners.view_auditentry",
    "partners.view_idempotencykey",
    "inventory.view_pack",
    "inventory.view_tier",
    "inventory.view_card",
    "inventory.view_collector",
    "inventory.view_purchase",
    "inventory.view_item",
    "inventory.view_shippingorder",
    "inventory.view_shippeditem",
    "inventory.view_priceproposal",
    "buyback.view_buyback",
    "buyback.view_payout",
    "buyback.view_transfer",
    "buyback.view_statement",
    "buyback.view_proposal",
    "buyback.view_reversal",
    "buyback.view_difference",
    "buyback.view_resolution",
    "partners.view_spend",
    "buyback.view_alert",
    "buyback.view_treasurycontrol",
)
GROUPS: dict[str, tuple[str, ...]] = {
    "support": LOOKS,
    # Packs, the vault, partners with their keys and teams, windows of held items, and shipping.
    "operations": (
        *LOOKS,
        "partners.view_accessproposal",
        "partners.add_partner",
        "partners.change_partner",
        "partners.add_apikey",
        "partners.change_apikey",
        "partners.add_membership",
        "partners.change_membership",
        "partners.delete_membership",
        "inventory.add_pack",
        "inventory.change_pack",
        "inventory.add_tier",
        "inventory.change_tier",
        "inventory.delete_tier",
        "inventory.add_card",
        "inventory.change_card",
        "inventory.set_window",
        "inventory.fulfil_order",
        "inventory.forget_user",
    ),
    # Decisions under dual control, the pause and the caps, alerts, and the ledger check.
    "treasury": (
        *LOOKS,
        "buyback.resolve_review",
        "buyback.reverse_payout",
        "buyback.resolve_difference",
        "buyback.check_ledger",
        "buyback.change_treasurycontrol",
        "buyback.change_alert",
    ),
}
