"""Partners, environments, keys and people, and the records of what they did."""

from partners.models.access import ApiKey, Membership, Role, Scope, User
from partners.models.calls import ApiCall, LostCalls
from partners.models.chain import AuditLink
from partners.models.decisions import AccessProposal, DualControl
from partners.models.forgotten import ForgottenUser
from partners.models.invitations import Invitation
from partners.models.records import AuditEntry, Event, IdempotencyKey
from partners.models.saved_views import SavedView
from partners.models.spending import SLOTS, Spend, SpendSlot
from partners.models.tenants import MOST_CALLS, Environment, Mode, Partner
from partners.models.verification import VerificationCode

__all__ = [
    "MOST_CALLS",
    "SLOTS",
    "AccessProposal",
    "ApiCall",
    "ApiKey",
    "AuditEntry",
    "AuditLink",
    "DualControl",
    "Environment",
    "Event",
    "ForgottenUser",
    "IdempotencyKey",
    "Invitation",
    "LostCalls",
    "Membership",
    "Mode",
    "Partner",
    "Role",
    "SavedView",
    "Scope",
    "Spend",
    "SpendSlot",
    "User",
    "VerificationCode",
]
