"""The admin's form for a card. Attributes follow the rules of an import: partners see them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.fields import InvalidJSONInput

from inventory.models import Card
from inventory.vault.rows import RowError, attribute_list

if TYPE_CHECKING:
    ModelForm = forms.ModelForm[Card]
else:
    ModelForm = forms.ModelForm

# Invalid JSON, numbers with thousands of digits, excessive nesting. Django handles only the first.
UNREADABLE = (ValueError, RecursionError)


class AttributesField(forms.JSONField):
    """The contract's list of ``{"trait_type", "value"}``, or an object that is converted to one."""

    def to_python(self, value: Any) -> Any:
        try:
            return attribute_list(super().to_python(value))
        except RowError as error:
            raise ValidationError(f"{error}.") from None
        except UNREADABLE:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from None

    def bound_data(self, data: Any, initial: Any) -> Any:
        try:
            return super().bound_data(data, initial)
        except UNREADABLE:
            return InvalidJSONInput(data)


class CardForm(ModelForm):
    """The admin's form of a card."""

    attributes = AttributesField(
        required=False,
        help_text='A list of {"trait_type": …, "value": …}; values are text or numbers.',
    )

    class Meta:
        model = Card
        fields = "__all__"
