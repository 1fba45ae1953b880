"""Where this project differs from django-allauth's defaults: sign-up and login rate limiting.

The limits: within 15 minutes at most ten wrong passwords for one account from one network address,
and at most fifty from one address over all accounts, also when the attempts are simultaneous
(allauth counts in the shared cache, under a lock). A correct password resets the account's count at
this address; in the address's count it takes back only its own attempt. Limitations: emptying the
cache resets the counts, and an attacker with many addresses has as many allowances. The address is
the client's; behind proxies see TRUSTED_PROXIES (``config/web/middleware.py``).
"""

from __future__ import annotations

import base64
import hashlib
import time
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.stagekit import get_pending_stage
from allauth.core import context
from allauth.core.internal import ratelimit
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from config.web import session_limits
from config.web.second_factor import FACTORS
from partners.models import User
from partners.people.second_factor import must_have_factor
from partners.records import audit
from partners.records.actor import Actor

GENERIC = _("Incorrect email or password.")
TOO_MANY = _(
    "Too many failed attempts. Wait 15 minutes, then try again. The right password works then."
)
# django-allauth's mail templates for changed factors → actions of the audit log.
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
    """No sign-up, one sentence for every failed login, attempts counted by account and address."""

    error_messages = DefaultAccountAdapter.error_messages | {
        # wrong address, wrong password and closed account look the same
        "email_password_mismatch": GENERIC,
        "too_many_login_attempts": TOO_MANY,
        "rate_limited": TOO_MANY,
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """People join by invitation."""
        return False

    def login(self, request: HttpRequest, user: Any) -> None:
        """After all factors were correct: start the session's time limits. Audited."""
        super().login(request, user)
        session_limits.begin(request.session, time.time())
        _record("user.signed_in", self.get_client_ip(request), user)

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Audit a wrong password. Its address may belong to nobody."""
        email = str(credentials.get("email", "")).lower()
        user = User.objects.filter(email=email).first()
        _record("user.sign_in_failed", self.get_client_ip(request), user, email)

    def set_password(self, user: Any, password: str) -> None:
        """A user changed or reset their own password: audit the change, never the password."""
        with transaction.atomic():
            super().set_password(user, password)
            audit.record(actor=Actor.user(user), action="user.password_changed", target=user)

    def send_notification_mail(
        self, template_prefix: str, user: Any, *args: Any, **kwargs: Any
    ) -> None:
        """Audit a change of factors. django-allauth calls this once after each such change."""
        change = FACTOR_CHANGES.get(template_prefix)
        if change:
            with transaction.atomic():
                audit.record(actor=Actor.user(user), target=user, **change)
        super().send_notification_mail(template_prefix, user, *args, **kwargs)

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Count by account and address together: a guesser cannot lock another user out."""
        login = credentials.get("email", "").lower()
        return f"{login}\n{self.get_client_ip(request)}"

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count the attempt before checking the password. Raises ValidationError over the limit."""
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
            # only its own attempt: the owner of one account may still be guessing another's
            # password
            self._guess.rollback()
        if user and not user.is_active:
            self.authentication_failed(request, **credentials)
            return None
        return user

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """A user with a second factor confirms with it: a password that leaked is not enough."""
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        factors = [one for one in methods if one["id"] != "reauthenticate"]
        return factors or methods

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """False if the session confirmed a password or factor recently."""
        request = context.request
        records = get_authentication_records(request, request.user)
        return (
            not records
            or time.time() - records[-1]["at"] >= settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
        )


class FactorAdapter(DefaultMFAAdapter):
    """Encrypts secrets at rest, and keeps the last factor of users who need one."""

    def encrypt(self, text: str) -> str:
        """Encrypt with a key derived from the newest SECRET_KEY."""
        return _vault().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Decrypt; older keys (SECRET_KEY_FALLBACKS) work too."""
        return _vault().decrypt(encrypted_text.encode()).decode()

    def validation_error(self, code: str, *args: Any) -> ValidationError:
        """django-allauth's error. Audits a wrong factor of a person who signs in or confirms."""
        request = context.request
        stage = get_pending_stage(request)
        user = stage.login.user if stage and stage.login else request.user
        if code == "incorrect_code" and isinstance(user, User):
            _record("user.factor_refused", request.META["REMOTE_ADDR"], user)
        error: ValidationError = super().validation_error(code, *args)
        return error

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Refuse to delete the last factor of a user who must have one."""
        others = Authenticator.objects.filter(user=authenticator.user, type__in=FACTORS).exclude(
            pk=authenticator.pk
        )
        return others.exists() or not must_have_factor(authenticator.user)


def _record(action: str, address: str, user: User | None, email: str = "") -> None:
    """An audit entry about signing in. ``user`` is None for an e-mail address without account."""
    with transaction.atomic():
        audit.record(
            actor=Actor.user(user) if user else Actor("user", email[:254]),
            action=action,
            target=user or "partners.user:unknown",
            after={"address": address},
        )


def _vault() -> MultiFernet:
    keys: tuple[Any, ...] = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    digests = (hashlib.sha256(b"second factors\n" + key.encode()).digest() for key in keys)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])
