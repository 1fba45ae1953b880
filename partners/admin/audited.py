"""Admin pages that write an audit entry for each save."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from config.admin.model_admin import LookingAdmin
from partners.models import User
from partners.records import audit
from partners.records.actor import Actor


def by(request: HttpRequest) -> Actor:
    """The signed-in person as the actor of an action."""
    assert isinstance(request.user, User)  # noqa: S101  (the admin lets nobody else in)
    return Actor.user(request.user)


class AuditedAdmin(LookingAdmin):
    """Rows that admins may add and change but not delete, because other rows refer to them."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        fields = form.changed_data if change else list(form.cleaned_data)
        audit.save(row=obj, fields=self.audited(obj, fields), by=by(request))

    def audited(self, row: Any, fields: list[str]) -> list[str]:
        """The form fields that are columns of the row itself."""
        columns = {field.name for field in row._meta.concrete_fields}
        return [field for field in fields if field in columns]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def become(row: Any, made: Any) -> None:
    """Copy the row that the action wrote into the form's row."""
    row.__dict__.update(
        {name: value for name, value in made.__dict__.items() if not name.startswith("_")}
    )
    row._state.adding = False  # noqa: SLF001
    row._state.fields_cache.update(made._state.fields_cache)  # noqa: SLF001
