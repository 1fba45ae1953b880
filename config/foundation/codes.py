"""The code of each refusal: what programs branch on, while its sentence is for people.

The API sends the code in the header ``X-Error-Code``, an idempotency key stores it with the
response, and the request log shows it. A code never changes its meaning and is never used again.
"""

from __future__ import annotations

from enum import StrEnum

HEADER = "X-Error-Code"
LONGEST = 40  # characters


class Code(StrEnum):
    """What a request was refused for."""

    # Every call
    INVALID_API_KEY = "invalid_api_key"
    INSUFFICIENT_SCOPE = "insufficient_scope"
    RATE_LIMITED = "rate_limited"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    BODY_TOO_LARGE = "body_too_large"
    TOO_MANY_PARAMETERS = "too_many_parameters"
    INVALID_FILTER = "invalid_filter"
    INVALID_CURSOR = "invalid_cursor"
    HTTPS_REQUIRED = "https_required"
    HOST_NOT_ALLOWED = "host_not_allowed"
    INTERNAL_ERROR = "internal_error"
    # The web server itself
    REQUEST_TIMEOUT = "request_timeout"
    HEADERS_TOO_LARGE = "headers_too_large"
    INVALID_HTTP = "invalid_http"
    OVERLOADED = "overloaded"
    TOO_MANY_CONNECTIONS = "too_many_connections"
    TOO_MANY_LARGE_REQUESTS = "too_many_large_requests"
    # Idempotency keys
    INVALID_IDEMPOTENCY_KEY = "invalid_idempotency_key"
    IDEMPOTENCY_KEY_REUSED = "idempotency_key_reused"
    IDEMPOTENCY_KEY_IN_PROGRESS = "idempotency_key_in_progress"
    REFUSED = "refused"  # a response that was stored before there were codes
    # Sandboxes
    UNKNOWN_SCENARIO = "unknown_scenario"
    NOT_A_SANDBOX = "not_a_sandbox"
    CLOCK_UNCLEAR = "clock_unclear"
    CLOCK_BACKWARDS = "clock_backwards"
    CLOCK_TOO_FAR = "clock_too_far"
    # Sellbacks
    ITEM_NOT_FOUND = "item_not_found"
    ITEM_EXPIRED = "item_expired"
    SELLBACK_UNRESOLVED = "sellback_unresolved"
    IN_PROGRESS = "in_progress"
    TRANSACTION_FAILED = "transaction_failed"
    PEER_UNAVAILABLE = "peer_unavailable"
    BELOW_MIN_AMOUNT = "below_min_amount"
    PRICE_CHANGED = "price_changed"
    OUTCOME_UNKNOWN = "outcome_unknown"
    OFFER_LAPSED = "offer_lapsed"
    INVALID_ITEM_IDS = "invalid_item_ids"
    # Bulk sellbacks
    NOTHING_CHOSEN = "nothing_chosen"
    TOO_MANY_ITEMS = "too_many_items"
    # Packs, purchases, inventories
    USER_ID_REQUIRED = "user_id_required"
    USER_NOT_FOUND = "user_not_found"
    CARD_NOT_FOUND = "card_not_found"
    PACK_NOT_FOUND = "pack_not_found"
    TOO_FEW_PULLS = "too_few_pulls"
    TOO_MANY_PULLS = "too_many_pulls"
    OUT_OF_STOCK = "out_of_stock"
    PURCHASE_NOT_FOUND = "purchase_not_found"
    PACK_HAS_NO_TIERS = "pack_has_no_tiers"
    INVALID_TIERS = "invalid_tiers"
    FILE_GONE = "file_gone"
    # Shipping
    ITEM_IDS_REQUIRED = "item_ids_required"
    INVALID_ADDRESS = "invalid_address"
    NOTHING_SHIPPABLE = "nothing_shippable"
    COUNTRY_NOT_SUPPORTED = "country_not_supported"
    NO_RATES = "no_rates"
    QUOTE_ID_REQUIRED = "quote_id_required"
    QUOTE_EXPIRED = "quote_expired"
    ALREADY_SHIPPED = "already_shipped"
    ORDER_NOT_FOUND = "order_not_found"
    INVALID_ORDER_STATUS = "invalid_order_status"
    # Windows
    NOT_HELD = "not_held"
    DEADLINE_NOT_LATER = "deadline_not_later"
    WINDOW_CLOSED = "window_closed"
    # Personal data
    USER_BUSY = "user_busy"
    ALREADY_FORGOTTEN = "already_forgotten"
    STILL_FORGETTING = "still_forgetting"
    REASON_NAMES_USER = "reason_names_user"
    # Partners, keys, people
    INVALID_NAME = "invalid_name"
    INVALID_SLUG = "invalid_slug"
    SLUG_TAKEN = "slug_taken"
    INVALID_LIMIT = "invalid_limit"
    INVALID_NETWORK = "invalid_network"
    UNKNOWN_SCOPE = "unknown_scope"
    TOO_MANY_KEYS = "too_many_keys"
    KEY_NOT_ACTIVE = "key_not_active"
    KEY_ROTATED = "key_rotated"
    EXPIRY_PASSED = "expiry_passed"
    INVITATION_UNUSABLE = "invitation_unusable"
    TEAM_FULL = "team_full"
    PARTNER_SUSPENDED = "partner_suspended"
    SIGN_IN_FIRST = "sign_in_first"
    INVALID_EMAIL = "invalid_email"
    UNKNOWN_ROLE = "unknown_role"
    WEAK_PASSWORD = "weak_password"  # noqa: S105  (a code, no password)
    ALREADY_MEMBER = "already_member"
    LAST_OWNER = "last_owner"
    ADDRESS_NOT_VERIFIED = "address_not_verified"
    ALREADY_VERIFIED = "already_verified"
    VERIFICATION_CODE_UNUSABLE = "verification_code_unusable"
    # Decisions of the staff
    REASON_REQUIRED = "reason_required"
    INVALID_CAP = "invalid_cap"
    GUARDS_CHANGED = "guards_changed"
    NOT_IN_REVIEW = "not_in_review"
    NOT_OPEN = "not_open"
    INVALID_OUTCOME = "invalid_outcome"
    ALREADY_PROPOSED = "already_proposed"
    NOTHING_PROPOSED = "nothing_proposed"
    ANOTHER_PROPOSAL = "another_proposal"
    SAME_PERSON = "same_person"
    PEOPLE_ONLY = "people_only"
    ACCOUNT_TOO_RECENT = "account_too_recent"
    NO_CODE_NEEDED = "no_code_needed"
    NOTHING_TO_GRANT = "nothing_to_grant"
    CARD_CHANGED = "card_changed"
    NOT_SETTLED = "not_settled"
    ALREADY_REVERSED = "already_reversed"
    NOT_DIFFERENT = "not_different"
