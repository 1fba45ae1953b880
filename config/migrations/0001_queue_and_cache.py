"""Two tables' worth of infrastructure in the one database: the message queue (pgmq) and the shared cache.

The queue is plain SQL from the `pgmq` wheel; where an administrator has made the schema already (as an
extension), it is left alone. The cache table is the one `createcachetable` would make.
"""

from __future__ import annotations

from typing import Any

from django.db import migrations
from pgmq.install import get_embedded_install_sql


def install_queue(apps: Any, editor: Any) -> None:
    """Run the wheel's script; it may not run twice."""
    with editor.connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_namespace WHERE nspname = 'pgmq'")
        present = cursor.fetchone()
        if not present:
            cursor.execute(get_embedded_install_sql())


class Migration(migrations.Migration):
    initial = True
    dependencies: list[tuple[str, str]] = []
    operations = [
        migrations.RunPython(install_queue, migrations.RunPython.noop),
        migrations.RunSQL(
            """
            CREATE TABLE IF NOT EXISTS cache (
                cache_key varchar(255) PRIMARY KEY,
                value text NOT NULL,
                expires timestamptz NOT NULL
            );
            -- Reader: the cache's own culling of expired entries.
            CREATE INDEX IF NOT EXISTS cache_expires ON cache (expires);
            """,
            "DROP TABLE cache",
        ),
    ]
