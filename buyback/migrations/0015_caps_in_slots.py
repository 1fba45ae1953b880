"""Spending moves to slots (``partners.Spend``), and new installations start with caps."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.management import create_permissions
from django.db import migrations

# Spans that may still be counted in, with their spending divided among the slots.
COPY = """
WITH span AS (
    INSERT INTO partners_spend (scope, starts_at, cap)
    SELECT scope, starts_at, cap FROM buyback_spend
     WHERE starts_at > now() - interval '7 days' AND cap > 0
 RETURNING id, scope, starts_at, cap
)
INSERT INTO partners_spendslot (spend_id, number, total, share)
SELECT span.id, number, partners_share_of(old.total, number), partners_share_of(span.cap, number)
  FROM span JOIN buyback_spend old USING (scope, starts_at), generate_series(0, 63) number
"""
# USD. An installation that has partners keeps what it has, also no caps.
DEFAULTS = """
INSERT INTO buyback_treasurycontrol (id, paused, cap_per_sale, cap_per_partner_day, cap_per_hour)
SELECT 1, false, new.sale, new.day, new.hour
  FROM (SELECT count(*) = 0 AS fresh FROM partners_partner) installation
  LEFT JOIN (VALUES (10000, 50000, 250000)) new (sale, day, hour) ON installation.fresh
    ON CONFLICT (id) DO NOTHING
"""


def move_the_right_to_look(apps: Any, schema_editor: Any) -> None:
    """Who may see spending in the old table may see it in the new one."""
    config = apps.get_app_config("partners")
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None
    permissions = apps.get_model("auth", "Permission").objects
    right = permissions.get(content_type__app_label="partners", codename="view_spend")
    old = permissions.filter(content_type__app_label="buyback", codename="view_spend")
    for group in apps.get_model("auth", "Group").objects.filter(permissions__in=old):
        group.permissions.add(right)
    for user in apps.get_model("partners", "User").objects.filter(user_permissions__in=old):
        user.user_permissions.add(right)
    apps.get_model("contenttypes", "ContentType").objects.filter(
        app_label="buyback", model="spend"
    ).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("buyback", "0014_plain_words"),
        ("partners", "0019_spending"),
    ]

    operations = [
        migrations.RunSQL(COPY, migrations.RunSQL.noop),
        migrations.RunPython(move_the_right_to_look, migrations.RunPython.noop),
        migrations.DeleteModel("Spend"),
        migrations.RunSQL(DEFAULTS, migrations.RunSQL.noop),
    ]
