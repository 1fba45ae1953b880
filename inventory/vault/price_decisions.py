"""Proposed prices: another person confirms them, or they are withdrawn."""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from config.foundation import clock
from config.foundation.codes import Code
from config.foundation.errors import Refusal
from inventory.models import Card, PriceProposal
from inventory.vault import waiting
from inventory.vault.importing import TAKE_TURNS, Imported, ImportRefusedError, import_cards
from inventory.vault.rows import COLUMNS
from partners.decisions.dual_control import NothingProposed, refuse_confirmer, refuse_machines
from partners.records import audit
from partners.records.actor import Actor


class CardChanged(Refusal):
    """A card of the proposal was changed since, so the proposal no longer says what happens."""

    code = Code.CARD_CHANGED
    sentence = "A card of this proposal was changed since. Withdraw it and propose again."


def propose_card(*, card: Card, by: Actor) -> PriceProposal:
    """Propose a card as its form has it, unsaved. The stored card stays as it is."""
    cells: dict[str, Any] = {
        name: getattr(card, name) for name in COLUMNS if name not in ("pack", "priced_at")
    }
    cells |= {
        "fmv": str(card.fmv),
        "pack": card.pack.slug if card.pack else "",
        "priced_at": None,
    }
    with transaction.atomic():
        before = Card.objects.filter(pk=card.pk).values_list("fmv", flat=True).first()
        return waiting.propose(
            rows=[waiting.entry(card.pk, before, cells)], source="Card page", by=by
        )


def confirm_prices(*, proposal: PriceProposal, by: Actor) -> Imported:
    """Confirm another person's proposal: its rows are imported, all or none.

    Raises NothingProposed, SamePerson, TooRecent, PeopleOnly, CardChanged.
    """
    refuse_machines(by)
    with transaction.atomic():
        found = _locked(proposal)
        refuse_confirmer(found, by)
        found.confirmed_by, found.confirmer_id = str(by), by.account
        found.confirmed_at = clock.now()
        found.save(update_fields=["confirmed_by", "confirmer", "confirmed_at"])
        _refuse_changed(found)
        try:
            done = import_cards(enumerate((one["row"] for one in found.rows), 1))
        except ImportRefusedError as error:
            raise CardChanged from error
        audit.record(actor=by, action="prices.confirmed", target=found, after=waiting.facts(found))
    return done


def withdraw_prices(*, proposal: PriceProposal, by: Actor) -> None:
    """Withdraw an unconfirmed proposal, one's own or another's. Raises NothingProposed."""
    refuse_machines(by)
    with transaction.atomic():
        found = _locked(proposal)
        audit.record(actor=by, action="prices.withdrawn", target=found, before=waiting.facts(found))
        found.delete()


def _locked(proposal: PriceProposal) -> PriceProposal:
    """The open proposal, locked. Raises NothingProposed."""
    rows = PriceProposal.objects.select_for_update()
    found = rows.filter(pk=proposal.pk, confirmed_at=None).first()
    if found is None:
        raise NothingProposed
    return found


def _refuse_changed(proposal: PriceProposal) -> None:
    """Lock the cards. Raises CardChanged unless each is as the proposal shows it."""
    with connection.cursor() as cursor:
        cursor.execute(TAKE_TURNS)  # before the cards' locks, as every import does
    shown = {one["card"]: one["before"] for one in proposal.rows if one["card"]}
    cards = Card.objects.select_for_update(no_key=True).order_by("pk").filter(pk__in=list(shown))
    stored = {pk: str(fmv) for pk, fmv in cards.values_list("pk", "fmv")}
    if stored != shown or _found(proposal) != [one["card"] for one in proposal.rows]:
        raise CardChanged


def _found(proposal: PriceProposal) -> list[int | None]:
    """The card that an import of each row would change now: by its listing, else by its mint."""
    rows = [one["row"] for one in proposal.rows]
    known = Q(listing_id__in=[row["listing_id"] for row in rows if row["listing_id"]])
    known |= Q(mint_address__in=[row["mint_address"] for row in rows if row["mint_address"]])
    listings: dict[tuple[str, str], int] = {}
    mints: dict[str, int] = {}
    for card in Card.objects.filter(known).only("pk", "source_type", "listing_id", "mint_address"):
        if card.listing_id:
            listings[card.source_type, card.listing_id] = card.pk
        if card.mint_address:
            mints[card.mint_address] = card.pk
    return [
        listings.get((row["source_type"], row["listing_id"])) or mints.get(row["mint_address"])
        for row in rows
    ]
