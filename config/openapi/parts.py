"""Parts of the description other than routes; settings pass them to drf-spectacular."""

from __future__ import annotations

from typing import Any

from config.openapi.answers import HEADERS
from config.openapi.schemas import COMPONENTS, Schema, closed, listed, ref, text

PURCHASE = {
    "session_id": text(format="uuid"),
    "user_id": text(),
    "public_id": text(pattern="^_[0-9A-Za-z]{4,8}$"),
    "nfts": listed(ref("LinkedItem")),
    "tx_hash": {"type": ["string", "null"]},
}
SCHEMAS: dict[str, Schema] = COMPONENTS | {
    "Purchase": closed(PURCHASE),
    "SandboxPurchase": closed(
        PURCHASE | {"nfts": listed(ref("PurchasedItem")), "tx_hash": text(pattern="^sandbox_")}
    ),
    "Pending": closed({"status": {"const": "pending", "type": "string"}}),
}
PARTS: dict[str, Any] = {
    "schemas": SCHEMAS,
    "headers": HEADERS,
    "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-API-Key"}},
}

# Settings of drf-spectacular (used in config/settings.py).
SPECTACULAR: dict[str, Any] = {
    "TITLE": "Instant Sellback: Partner API",
    "DESCRIPTION": (
        "Buy pulls, show inventories, and sell items back at once. The guide: docs/api/README.md."
    ),
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "APPEND_COMPONENTS": PARTS,
    "SCHEMA_PATH_PREFIX": r"/(_/)?api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SORT_OPERATIONS": False,
    "POSTPROCESSING_HOOKS": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "",
    "SWAGGER_UI_SETTINGS": {
        "docExpansion": "list",
        "defaultModelsExpandDepth": 0,
        "tryItOutEnabled": False,
    },
}
