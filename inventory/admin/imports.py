"""Admin pages for importing cards: upload a file, look at its preview, import exactly that file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.defaultfilters import filesizeformat
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from config.admin.model_admin import ModelAdmin
from config.foundation.errors import Refusal
from inventory.vault.files import FORMATS
from inventory.vault.importing import ImportRefusedError
from inventory.vault.rows import COLUMNS, REQUIRED
from inventory.vault.uploads import hold_file, import_file, preview_file, waiting_file
from partners.admin.audited import by

TOO_LARGE = "The file is larger than {size}. For larger files use manage.py import_cards."
RIGHTS = ("inventory.add_card", "inventory.change_card")

if TYPE_CHECKING:
    Importing = ModelAdmin
else:
    Importing = object


class FileForm(forms.Form):
    """The catalogue file."""

    file = forms.FileField(
        label="Catalogue",
        help_text="CSV with a header (.csv) or JSON lines (.jsonl, .ndjson), UTF-8, at most 8 MiB.",
        widget=forms.ClearableFileInput(attrs={"accept": ",".join(FORMATS)}),
    )

    def clean_file(self) -> UploadedFile[bytes]:
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if Path(str(file.name)).suffix.lower() not in FORMATS:
            raise forms.ValidationError(f"The file name must end in {', '.join(FORMATS)}.")
        return file


class ImportPages(Importing):
    """Two pages for the admin of cards: upload, and preview with the import button."""

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("import/", wrap(self.upload_view), name="inventory_card_import"),
            path("import/<uuid:pk>/", wrap(self.preview_view), name="inventory_card_preview"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return super().changelist_view(
            request, {"may_import": _may(request), **(extra_context or {})}
        )

    def upload_view(self, request: HttpRequest) -> HttpResponse:
        if not _may(request):
            raise PermissionDenied
        form = FileForm(request.POST, request.FILES) if request.method == "POST" else FileForm()
        if request.method == "POST":
            most = settings.MAX_IMPORT_BYTES
            if int(request.META.get("CONTENT_LENGTH") or 0) > most and not request.FILES:
                form.errors["file"] = form.error_class(
                    [TOO_LARGE.format(size=filesizeformat(most))]
                )
            elif form.is_valid():
                return self._hold(request, form.cleaned_data["file"])
        more = {"title": "Import cards", "form": form, "columns": COLUMNS, "required": REQUIRED}
        return self._page(request, "admin/inventory/card/import.html", more)

    def preview_view(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        if not _may(request):
            raise PermissionDenied
        more: dict[str, Any] = {"title": "Import cards"}
        try:
            if request.method == "POST":
                done = import_file(pk=pk, by=by(request))
                summary = (
                    f"{done.created:,} created, {done.updated:,} updated, "
                    f"{done.unchanged:,} "
                    "unchanged."
                )
                messages.success(request, summary)
                if done.waiting:
                    messages.warning(request, waiting_message(done.waiting))
                return HttpResponseRedirect(reverse("admin:inventory_card_changelist"))
            more["file"] = waiting_file(pk=pk, by=by(request))
            more["preview"] = preview_file(more["file"])
        except ImportRefusedError as refused:
            more["refused"] = refused
        except Refusal as refusal:
            messages.error(request, refusal.sentence)
            return HttpResponseRedirect(reverse("admin:inventory_card_import"))
        return self._page(request, "admin/inventory/card/preview.html", more)

    def _hold(self, request: HttpRequest, file: UploadedFile[bytes]) -> HttpResponse:
        name = Path(str(file.name)).name
        kind = FORMATS[Path(name).suffix.lower()]
        held = hold_file(name=name, kind=kind, content=file.read(), by=by(request))
        return HttpResponseRedirect(reverse("admin:inventory_card_preview", args=[held.pk]))

    def _page(self, request: HttpRequest, template: str, more: dict[str, Any]) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts, **more}
        return TemplateResponse(request, template, context)


def waiting_message(count: int) -> str:
    """That prices wait, and for what."""
    return (
        f"{count:,} with a price out of bounds: not changed. Another person must confirm under "
        "Price proposals."
    )


def _may(request: HttpRequest) -> bool:
    """An import needs the rights to add and to change cards."""
    return request.user.has_perms(RIGHTS)
