"""Settings of the tests: the server's own, with a database of its own whose files may be lost.

PostgreSQL is the same: version, locks, isolation. Only waiting for the disk is left out.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# A process that the tests start has been given the folder below already; it knows it by the second
# variable.
if os.environ.get("DATA_DIR", "") != os.environ.get("TEST_DATA_DIR"):
    os.environ["DATA_DIR"] = str(Path(os.environ.get("DATA_DIR") or ROOT / "var") / "test")
os.environ["TEST_DATA_DIR"] = os.environ["DATA_DIR"]
# What a developer's own `.env` or shell says about the running server is not the tests' business.
# An empty value counts as unset and wins over `.env`. DATABASE_URL stays: on that server the test
# database is made.
for name in re.findall(r"^#([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE):
    if name not in {"DATA_DIR", "DATABASE_URL", "SECRET_KEY"}:
        os.environ[name] = ""
os.environ["SECRET_KEY"] = os.environ.get("SECRET_KEY") or "tests only, never a secret of anybody's"

from config.settings import *  # noqa: E402, F403
from config.settings import DATA_DIR, DATABASE_LIMITS, STORAGES  # noqa: E402

# A busy machine must not decide a test: this very process has no limits. Those it starts have the
# server's.
SERVERS_LIMITS = DATABASE_LIMITS
DATABASE_LIMITS = {kind: dict.fromkeys(limits, 0) for kind, limits in DATABASE_LIMITS.items()}
EMBEDDED_FAST = True
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "testserver"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = STORAGES | {
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
STATIC_ROOT = DATA_DIR / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = True
