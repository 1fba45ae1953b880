"""Settings of the tests: the server's, with a separate database that need not survive a crash.

PostgreSQL is the same: version, locks, isolation. Only waiting for the disk is left out.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# A process started by the tests already has the folder below; the second variable says so.
if os.environ.get("DATA_DIR", "") != os.environ.get("TEST_DATA_DIR"):
    os.environ["DATA_DIR"] = str(Path(os.environ.get("DATA_DIR") or ROOT / "var") / "test")
os.environ["TEST_DATA_DIR"] = os.environ["DATA_DIR"]
# The tests start a hundred processes. Where PYTHONDONTWRITEBYTECODE is set, as in many containers,
# each would compile the project again, which takes twice as long as the rest of its start.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
sys.pycache_prefix = os.environ.setdefault(
    "PYTHONPYCACHEPREFIX", str(Path(os.environ["DATA_DIR"]).absolute() / "pycache")
)
# Ignore a developer's `.env` or shell settings. An empty value counts as unset and wins over
# `.env`. DATABASE_URL stays: the test database is created on that server.
for name in re.findall(r"^#([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE):
    if name not in {"DATA_DIR", "DATABASE_URL", "SECRET_KEY"}:
        os.environ[name] = ""
os.environ["SECRET_KEY"] = os.environ.get("SECRET_KEY") or "tests only, never a secret of anybody's"

from config.settings import *  # noqa: E402, F403
from config.settings import DATA_DIR, DATABASE_LIMITS, DATABASES, EMBEDDED, STORAGES  # noqa: E402

# Slow machines must not fail tests: this process has no limits. Processes it starts have the
# server's.
SERVERS_LIMITS = DATABASE_LIMITS
DATABASE_LIMITS = {kind: dict.fromkeys(limits, 0) for kind, limits in DATABASE_LIMITS.items()}
# Tests own the database; tests/database/roles has a database whose roles it tries.
DATABASE_LOGINS = {}
if EMBEDDED:
    DATABASES["default"]["USER"] = "postgres"
EMBEDDED_FAST = True
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "testserver"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = STORAGES | {
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
STATIC_ROOT = DATA_DIR / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = True
# The accounts of most tests are as old as their proposals. Tests about the age set the default.
DUAL_CONTROL_MIN_AGE = 0
