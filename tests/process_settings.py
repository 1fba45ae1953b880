"""Settings of a process started by a test: the tests' settings on that test's database.

``TEST_SETTINGS`` is a JSON object of further settings, such as the addresses of peers.
"""

from __future__ import annotations

import json
import os

from tests.settings import *  # noqa: F403
from tests.settings import DATABASES, SERVERS_LIMITS

DATABASE_LIMITS = SERVERS_LIMITS
DATABASES["default"]["NAME"] = os.environ["TEST_DATABASE"]
further = json.loads(os.environ.get("TEST_SETTINGS", "{}"))
DATABASES["default"] |= further.pop("DATABASE", {})
globals().update(further)
