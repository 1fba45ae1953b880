"""Rights of Phygitals' staff, by group. Only superusers assign groups.

A right that is in no group belongs to superusers only, so a new admin table is closed by default. A
migration writes this table to the database; after a change, another migration calls
``write_groups`` again.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.management import create_permissions

# Everything except people's accounts and their rights.
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
    "buyback.view_buyback",
    "buyback.view_payout",
    "buyback.view_transfer",
    "buyback.view_statement",
    "buyback.view_proposal",
    "buyback.view_reversal",
    "buyback.view_spend",
    "buyback.view_alert",
    "buyback.view_treasurycontrol",
)
GROUPS: dict[str, tuple[str, ...]] = {
    "support": LOOKS,
    # Packs, the vault, partners with their keys and teams, windows of held items, and shipping.
    "operations": (
        *LOOKS,
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
    ),
    # Decisions under dual control, the pause and the caps, alerts, and the ledger check.
    "treasury": (
        *LOOKS,
        "buyback.resolve_review",
        "buyback.reverse_payout",
        "buyback.check_ledger",
        "buyback.change_treasurycontrol",
        "buyback.change_alert",
    ),
}


def migrate_groups(apps: Any, schema_editor: Any) -> None:
    """``write_groups`` for a migration. Django creates permissions only after all migrations."""
    for label in ("partners", "inventory", "buyback"):
        config = apps.get_app_config(label)
        config.models_module = True
        create_permissions(config, apps=apps, verbosity=0)
        config.models_module = None
    write_groups(apps)


def write_groups(apps: Any) -> None:
    """Set the groups to exactly these rights. ``apps``: the registry, real or of a migration.

    A right whose table does not exist yet in a migration is left to a later migration.
    """
    permissions = apps.get_model("auth", "Permission").objects
    for name, rights in GROUPS.items():
        group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=name)
        pairs = [right.split(".") for right in rights]
        found = [
            permission
            for app, code in pairs
            for permission in permissions.filter(content_type__app_label=app, codename=code)
        ]
        group.permissions.set(found)
