"""Commands on the server are the root of trust: no second person, but audited and alerted."""

from __future__ import annotations

import getpass
import json
from smtplib import SMTPException

import structlog
from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction

from buyback.guards import alerts
from buyback.models import Alert
from partners.models import User
from partners.records import audit
from partners.records.actor import SHELL

log = structlog.get_logger(__name__)


def report(command: str, **facts: object) -> None:
    """Audit a command and alert every admin. Must run in the transaction of its effect.

    ``facts`` never include a secret. Each run raises a separate alert; with a mail server, active
    superusers also get a mail once the transaction has committed.
    """
    after = {"os_user": _os_user(), **facts}
    entry = audit.record(
        actor=SHELL, action="command.run", target=f"command:{command}", after=after
    )
    detail = json.dumps(after, ensure_ascii=False)
    alerts.send(
        kind=Alert.Kind.SHELL_COMMAND,
        environment=None,
        subject=f"{command}, audit entry {entry.pk}",
        detail=detail,
    )
    transaction.on_commit(lambda: _mail(command, detail))


def _os_user() -> str:
    """The account of the operating system; in a container it may have no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def _mail(command: str, detail: str) -> None:
    """The alert stays if the mail server does not respond."""
    admins = User.objects.filter(is_active=True, is_superuser=True)
    to = list(admins.values_list("email", flat=True)) if settings.EMAIL_URL else []
    if not to:
        return
    try:
        send_mail(f"Command run on the server: {command}", detail, None, to)
    except (OSError, SMTPException) as error:
        log.warning("command_not_mailed", command=command, exc_info=error)
