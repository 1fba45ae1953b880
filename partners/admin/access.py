"""Admin page of decisions about access: another person confirms or withdraws each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString

from config.admin.model_admin import NOTHING, Untouchable, lines
from config.admin.steps import Step, SteppedAdmin
from partners.admin.audited import by
from partners.admin.verification import show
from partners.decisions import access
from partners.decisions.dual_control import is_one_person
from partners.models import AccessProposal
from partners.people.invitations import address, mail

VIEW, OWNERS = "partners.view_accessproposal", "partners.add_partner"


def _may(request: HttpRequest, proposal: AccessProposal) -> bool:
    """Owners are for those who create partners, the rest for superusers."""
    if proposal.kind == AccessProposal.Kind.OWNER:
        return request.user.has_perm(OWNERS)
    return bool(request.user.is_superuser)


def _confirm(
    request: HttpRequest, proposal: AccessProposal, values: dict[str, Any]
) -> str | HttpResponse:
    if not _may(request, proposal):
        raise PermissionDenied
    done = access.confirm(proposal=proposal, by=by(request))
    if done.code is not None:
        return show(request, done)
    return "Confirmed." if done.invitation is None else _invited(request, done)


def _invited(request: HttpRequest, done: access.Granted) -> HttpResponse:
    """Show the link on the response page only: messages are stored in cookies and sessions.

    A link that was mailed is not shown: only its mailbox should have it.
    """
    invitation = done.invitation
    assert invitation is not None  # noqa: S101  (checked by the caller)
    link = address(done.secret, request.build_absolute_uri("/"))
    mailed = mail(invitation, link)
    context = {
        **admin.site.each_context(request),
        "title": f"{invitation.email} is invited",
        "partner": invitation.partner,
        "invitation": invitation,
        "link": "" if mailed else link,
        "mailed": mailed,
    }
    return TemplateResponse(
        request,
        "admin/partners/partner/invited.html",
        context,
        headers={"Cache-Control": "no-store"},
    )


def _withdraw(request: HttpRequest, proposal: AccessProposal, values: dict[str, Any]) -> str:
    if not _may(request, proposal):
        raise PermissionDenied
    access.withdraw(proposal=proposal, by=by(request))
    return "Withdrawn. Nothing was changed."


@admin.register(AccessProposal)
class AccessProposalAdmin(Untouchable, SteppedAdmin):
    """Staff rights, second factors, codes and invited owners. Superusers see all of them."""

    list_display = ("id", "kind", "subject", "proposed_by", "created_at", "confirmed_by")
    list_filter = ("kind", ("confirmed_at", admin.EmptyFieldListFilter))
    list_select_related = ("user", "partner")
    search_fields = ("=pk",)
    fields = (
        "kind",
        "subject",
        "granted",
        "reason",
        "proposed_by",
        "created_at",
        "confirmed_by",
        "confirmed_at",
    )
    readonly_fields = ("subject", "granted")
    steps = {
        "confirm": Step(
            VIEW,
            "Confirm the proposal",
            "Confirm this proposal?",
            "It takes effect immediately. By confirming you state that you have verified it "
            "yourself.",
            _confirm,
            fresh=True,
        ),
        "withdraw": Step(
            VIEW, "Withdraw the proposal", "Withdraw this proposal?", "Nothing changes.", _withdraw
        ),
    }

    def get_queryset(self, request: HttpRequest) -> QuerySet[AccessProposal]:
        """Only superusers see accounts of the staff."""
        rows: QuerySet[AccessProposal] = super().get_queryset(request)
        kind = AccessProposal.Kind.OWNER
        return rows if request.user.is_superuser else rows.filter(kind=kind)

    def offered(self, request: HttpRequest, row: AccessProposal) -> Iterable[str]:
        if row.confirmed_at is not None or not _may(request, row):
            return ()
        return ("withdraw",) if is_one_person(row, by(request)) else ("confirm", "withdraw")

    def facts(self, row: AccessProposal) -> list[str]:
        return [
            f"{row.get_kind_display()}: {self.subject(row)}",
            *rights_in_words(row.rights),
            f"{row.proposed_by} says: {row.reason}",
        ]

    @admin.display(description="for")
    def subject(self, proposal: AccessProposal) -> str:
        if proposal.user is not None:
            return proposal.user.email
        return f"{proposal.email} in {proposal.partner}"

    @admin.display(description="rights to grant")
    def granted(self, proposal: AccessProposal) -> SafeString | str:
        return lines(rights_in_words(proposal.rights)) or NOTHING


def rights_in_words(rights: dict[str, Any]) -> list[str]:
    """Each kind of right with its names."""
    return [
        name if found is True else f"{name}: {', '.join(found)}"
        for name, found in sorted(rights.items())
    ]
