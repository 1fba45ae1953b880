"""Base classes of admin pages: read-only money, exact search, cheap counts, badges and links.

The admin is mostly read-only. Its buttons call the same actions as the API and the dashboard. This
module knows no application.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.templatetags import admin_list
from django.contrib.admin.utils import build_q_object_from_lookup_parameters
from django.contrib.admin.views.main import ORDER_VAR
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from config.admin.counts import LONGEST, EstimatedPaginator, TooLong, patience
from config.foundation.errors import Refusal

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
    TabularInline = admin.TabularInline[Any, Any]
else:
    ModelAdmin, TabularInline = admin.ModelAdmin, admin.TabularInline

admin.site.site_header = admin.site.site_title = "Phygitals sellback"
admin.site.index_title = "Vault and treasury"
admin.site.site_url = "/dashboard/"

NOTHING = "–"
LONGEST_QUERY, MOST_VALUES = (
    2000,
    20,
)  # limits of a list's address: characters, and filter values


def in_words(value: bool | None) -> str:
    """``yes``, ``no`` or a dash."""
    return {True: "Yes", False: "No", None: NOTHING}[value]


# Django shows a red cross for "no", which looks like an error.
vars(admin_list)["_boolean_icon"] = in_words


class _OfEnvironments:
    """Filters rows by their environments.

    The environments are queried first, so that an index of the rows is used without a join.
    """

    used_parameters: dict[str, Any]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The rows of the selected environments."""
        wanted = {
            name.removeprefix("environment__"): value
            for name, value in self.used_parameters.items()
        }
        if not wanted:
            return queryset
        environments: QuerySet[Any] = QuerySet(
            queryset.model._meta.get_field("environment").related_model
        )
        try:
            chosen = environments.filter(build_q_object_from_lookup_parameters(wanted)).values_list(
                "pk", flat=True
            )
            return queryset.filter(environment__in=list(chosen))
        except (ValueError, ValidationError) as error:
            raise IncorrectLookupParameters(error) from error


class ModeFilter(_OfEnvironments, admin.ChoicesFieldListFilter):
    """Live or sandbox."""


class PartnerFilter(_OfEnvironments, admin.RelatedFieldListFilter):
    """One partner, in both environments."""


BY_ENVIRONMENT = (("environment__mode", ModeFilter), ("environment__partner", PartnerFilter))


class LookingAdmin(ModelAdmin):
    """A list of any length: newest first by primary key, searched by exact ids, never sorted whole.

    ``search_fields`` are tried in turn, and the first with results wins. Those with ``=`` are ids,
    found by an index; those with ``^`` match the start of a field in any letter case; the others
    match inside the field, so they are for small tables only.
    """

    paginator = EstimatedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # they count the table once for every choice
    list_per_page = 25  # more would cost over 50 ms of CPU
    ordering: ClassVar[tuple[str, ...]] = ("-pk",)
    sortable_by = ()

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """The list. A search or filter that would read too much shows an error and the whole list.

        So do more filter values than any of our links has. Lists cannot be sorted, so the order
        parameter is ignored.
        """
        values = sum(len(found) for _, found in request.GET.lists())
        if len(request.META.get("QUERY_STRING", "")) > LONGEST_QUERY or values > MOST_VALUES:
            messages.error(request, "The search is too long. Search by an exact id.")
            return HttpResponseRedirect(request.path)
        if ORDER_VAR in request.GET:
            asked: Any = request.GET.copy()
            del asked[ORDER_VAR]
            request.GET = asked
        try:
            return super().changelist_view(request, extra_context)
        except TooLong:
            if not request.GET:
                raise
            messages.error(
                request,
                "The search takes too long. Search by an exact id, or choose other filters.",
            )
            return HttpResponseRedirect(request.path)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Rows with exactly this id, else rows whose fields match the words; without duplicates."""
        term = search_term.strip()
        if not term:
            return queryset, False
        for field in () if "\x00" in term else self.get_search_fields(request):
            name = field.lstrip("=^")
            lookup = {"=": name, "^": f"{name}__istartswith"}.get(field[0], f"{name}__icontains")
            try:
                found = queryset.filter(**{lookup: term})
            except (ValidationError, ValueError):
                continue  # not a valid value of that field
            if found.exists():
                return found, False
        return queryset.none(), False

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The list with its rows, read within the time limit."""
        with patience(LONGEST):
            found = super().get_changelist_instance(request)
            found.result_list = list(found.result_list[: self.list_max_show_all])
        if (
            found.page_num == 1 and len(found.result_list) < self.list_per_page
        ):  # the first page has all rows, whatever was estimated
            found.result_count, found.multi_page, found.paginator.estimated = (
                len(found.result_list),
                False,
                False,
            )
        return found

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """A refused action shows its sentence; the request's transaction is rolled back."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except Refusal as refusal:
            messages.error(request, refusal.sentence)
            return HttpResponseRedirect(request.get_full_path())


class Untouchable:
    """No add, change or delete, by any form, bulk action, address or forged POST."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyAdmin(Untouchable, LookingAdmin):
    """Rows that only actions write."""


class ReadOnlyInline(Untouchable, TabularInline):
    """Inline rows, read-only."""

    template = "admin/looking_inline.html"
    extra = 0
    can_delete = False
    show_change_link = True

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields or ()


def confirmed(
    model_admin: ModelAdmin,
    request: HttpRequest,
    rows: QuerySet[Any],
    *,
    question: str,
    verb: str,
    act: Callable[[Any], object],
) -> HttpResponse | None:
    """A bulk action in two steps: a confirmation page, then ``act`` on each row.

    Each refusal is shown with its row. ``verb`` labels the button that confirms.
    """
    if "confirmed" not in request.POST:
        context = {
            **admin.site.each_context(request),
            "title": question,
            "verb": verb,
            "opts": model_admin.model._meta,
            "rows": rows,
            "action": request.POST["action"],
        }
        return TemplateResponse(request, "admin/confirm_action.html", context)
    done = 0
    for row in rows:
        try:
            act(row)
            done += 1
        except Refusal as refusal:
            messages.error(request, f"{row}: {refusal.sentence}")
    messages.success(request, f"Done: {done} of {len(rows)}.")
    return None


# --- what a cell shows ----------------------------------------------------------------------------


def badge(row: Model, field: str, tones: dict[str, str]) -> SafeString:
    """A choice as a coloured word. ``tones``: values as good, wait or bad; all others are plain."""
    value = getattr(row, field)
    label = getattr(row, f"get_{field}_display")()
    return format_html('<span class="badge {}">{}</span>', tones.get(value, "plain"), label)


def link(row: Model | None, text: str = "") -> SafeString | str:
    """A link to the row's page in the admin."""
    if row is None:
        return NOTHING
    meta = row._meta
    address = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk])
    return format_html('<a href="{}">{}</a>', address, text or str(row))


def list_link(model: str, text: str, **filters: Any) -> SafeString:
    """A link to the list of ``<app>_<model>`` in the admin, filtered."""
    address = reverse(f"admin:{model}_changelist")
    return format_html('<a href="{}?{}">{}</a>', address, urlencode(filters), text)


def lines(parts: Sequence[SafeString | str]) -> SafeString:
    """Parts on separate lines."""
    return format_html_join(SafeString("<br>"), "{}", ((part,) for part in parts))


def as_json(value: Any) -> SafeString | str:
    """Indented JSON."""
    if value is None:
        return NOTHING
    text = json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True)
    return format_html('<pre class="json">{}</pre>', text)
