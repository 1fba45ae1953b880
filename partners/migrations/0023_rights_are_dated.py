"""Dates an account's rights: triggers on groups and permissions, as on the account itself."""

from __future__ import annotations

from django.db import migrations

DATED = """
UPDATE partners_user SET trusted_since = date_joined;

CREATE FUNCTION partners_right_granted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE partners_user SET trusted_since = now() WHERE id = NEW.user_id;
    RETURN NULL;
END $$;

CREATE FUNCTION partners_group_right_granted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE partners_user SET trusted_since = now()
     WHERE id IN (SELECT user_id FROM partners_user_groups WHERE group_id = NEW.group_id);
    RETURN NULL;
END $$;

CREATE TRIGGER rights_are_dated AFTER INSERT OR UPDATE ON partners_user_groups
    FOR EACH ROW EXECUTE FUNCTION partners_right_granted();
CREATE TRIGGER rights_are_dated AFTER INSERT OR UPDATE ON partners_user_user_permissions
    FOR EACH ROW EXECUTE FUNCTION partners_right_granted();
CREATE TRIGGER rights_are_dated AFTER INSERT OR UPDATE ON auth_group_permissions
    FOR EACH ROW EXECUTE FUNCTION partners_group_right_granted();
"""
UNDATED = """
DROP TRIGGER rights_are_dated ON partners_user_groups;
DROP TRIGGER rights_are_dated ON partners_user_user_permissions;
DROP TRIGGER rights_are_dated ON auth_group_permissions;
DROP FUNCTION partners_right_granted();
DROP FUNCTION partners_group_right_granted();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("partners", "0022_decisions_about_access"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [migrations.RunSQL(DATED, UNDATED)]
