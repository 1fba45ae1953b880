"""What this project says differently from django-allauth's defaults: who may come in, and how
guessing is braked.

The brake's promise: within 15 minutes at most ten wrong passwords of one account from one network
address are looked at, and at most fifty from one address over all accounts, however many come at
the very same time (allauth counts on the shared cache, under a lock). A right password wipes the
account's count at this address, and of the address's takes back its own alone. Not promised: a
cache that is emptied forgets, and whoever guesses from many addresses has as many chances. The
address is the client's, behind proxies as TRUSTED_PROXIES says (``config/web/middleware.py``).
"""

from __future__ import annotations

import base64
import hashlib
import time
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core import context
from allauth.core.internal import ratelimit
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from config.web import session_limits
from config.web.second_factor import FACTORS
from partners.people.second_factor import must_have_factor
from partners.records import audit
from partners.records.actor import Actor

GENERIC = _("That e-mail address and password do not belong together. Check both and try again.")
TOO_MANY = _(
    "Too many failed attempts. Wait 15 minutes, then try again; the right password works then."
)
# What django-allauth tells a person of a change of their factors → what the audit log is told.
FACTOR_CHANGES: dict[str, dict[str, Any]] = {
    "mfa/email/totp_activated": {"action": "user.factor_added", "after": {"factor": "totp"}},
    "mfa/email/totp_deactivated": {"action": "user.factor_removed", "before": {"factor": "totp"}},
    "mfa/email/webauthn_added": {"action": "user.factor_added", "after": {"factor": "webauthn"}},
    "mfa/email/webauthn_removed": {
        "action": "user.factor_removed",
        "before": {"factor": "webauthn"},
    },
    "mfa/email/recovery_codes_generated": {"action": "user.recovery_codes_made"},
}


class AccountAdapter(DefaultAccountAdapter):
    """Nobody signs up, one sentence for every wrong login, and the brake counted by account and
    address together.
    """

    error_messages = DefaultAccountAdapter.error_messages | {
        # a wrong address, a wrong password, a closed account: it tells nothing
        "email_password_mismatch": GENERIC,
        "too_many_login_attempts": TOO_MANY,
        "rate_limited": TOO_MANY,
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """People come by invitation."""
        return False

    def login(self, request: HttpRequest, user: Any) -> None:
        """Every factor was right; the session's clock starts."""
        super().login(request, user)
        session_limits.begin(request.session, time.time())

    def set_password(self, user: Any, password: str) -> None:
        """One's own new password, changed or reset by mail: that it changed is audited, never what
        it is.
        """
        with transaction.atomic():
            super().set_password(user, password)
            audit.record(actor=Actor.user(user), action="user.password_changed", target=user)

    def send_notification_mail(
        self, template_prefix: str, user: Any, *args: Any, **kwargs: Any
    ) -> None:
        """The one call that django-allauth makes for every change of one's own factors; it comes
        once that is done.
        """
        change = FACTOR_CHANGES.get(template_prefix)
        if change:
            with transaction.atomic():
                audit.record(actor=Actor.user(user), target=user, **change)
        super().send_notification_mail(template_prefix, user, *args, **kwargs)

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """By account and address together, so that nobody can keep somebody else out."""
        login = credentials.get("email", "").lower()
        return f"{login}\n{self.get_client_ip(request)}"

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count the attempt before the password is looked at. Raises ValidationError when there
        were too many.
        """
        super().pre_authenticate(request, **credentials)
        self._guess = ratelimit.consume(request, app="allauth.account", action="guess")
        if not self._guess:
            self._rollback_login_failed_rl_usage()
            raise self.validation_error("too_many_login_attempts")

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        """The active user of these credentials, or None."""
        user = super().authenticate(request, **credentials)
        if user and self._guess:
            self._delete_login_attempts_cached_email(request, **credentials)
            # its own alone: whoever has one account may still be guessing another's
            self._guess.rollback()
        return user if user and user.is_active else None

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Not when a password or factor was given in this session a short while ago, at its login
        or since.
        """
        request = context.request
        records = get_authentication_records(request, request.user)
        return (
            not records
            or time.time() - records[-1]["at"] >= settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
        )


class FactorAdapter(DefaultMFAAdapter):
    """Secrets are encrypted at rest, and whoever must have a factor keeps one."""

    def encrypt(self, text: str) -> str:
        """With a key derived from the newest SECRET_KEY."""
        return _vault().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Older keys (SECRET_KEY_FALLBACKS) still open."""
        return _vault().decrypt(encrypted_text.encode()).decode()

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Not the last factor of somebody who must have one."""
        others = Authenticator.objects.filter(user=authenticator.user, type__in=FACTORS).exclude(
            pk=authenticator.pk
        )
        return others.exists() or not must_have_factor(authenticator.user)


def _vault() -> MultiFernet:
    keys: tuple[Any, ...] = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    digests = (hashlib.sha256(b"second factors\n" + key.encode()).digest() for key in keys)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])
