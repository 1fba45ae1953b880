"""Settings of the tests: the server's own, with a database of its own whose files may be lost.

PostgreSQL is the same: version, locks, isolation. Only waiting for the disk is left out.
"""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
os.environ["DATA_DIR"] = str(Path(os.environ.get("DATA_DIR") or ROOT / "var") / "test")
# What a developer's own `.env` or shell says about the running server is not the tests' business.
for name in ("ALLOWED_HOSTS", "CACHE_URL", "CELERY_BROKER_URL", "DEBUG", "LOG_FORMAT", "PUBLIC_URL"):
    os.environ[name] = ""
for name in ("ORACLE_URL", "TREASURY_URL", "TREASURY_KEY"):
    os.environ[name] = ""
os.environ.setdefault("SECRET_KEY", "tests only, never a secret")

from config.settings import *  # noqa: E402, F403
from config.settings import DATA_DIR, STORAGES  # noqa: E402

EMBEDDED_FAST = True
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "testserver"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = STORAGES | {
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
STATIC_ROOT = DATA_DIR / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = True
