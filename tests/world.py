"""A small fixed world, and one factory per model.

The world: two partners with both environments, a key to each and three members; one Phygitals
admin; one pack of three tiers and twelve cards. ``NOW`` is the tests' time: it is passed in, never
waited for. A factory has defaults for all fields, so that a test names only what it is about.
"""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth.hashers import make_password

from buyback.models import (
    Alert,
    Buyback,
    Payout,
    Proposal,
    Statement,
    Transfer,
    TreasuryControl,
)
from buyback.models.buybacks import OPEN_STATES
from config.foundation.money import round_usd
from inventory.models import Card, Collector, Item, Pack, PackActivity, Purchase, Tier
from partners.models import (
    ApiKey,
    AuditEntry,
    Environment,
    Event,
    IdempotencyKey,
    Membership,
    Mode,
    Partner,
    Role,
    Spend,
    SpendSlot,
    User,
)
from tests.factors import give_factor
from tests.vault import CARDS, TIERS

NOW = datetime(2026, 4, 18, 19, 5, 14, tzinfo=UTC)
PASSWORD = "correct horse battery staple"

_numbers = itertools.count(1)


# --- partners -------------------------------------------------------------------------------------


def make_partner(**fields: Any) -> Partner:
    """A partner without environments."""
    number = next(_numbers)
    return Partner.objects.create(
        **{"name": f"Partner {number}", "slug": f"partner-{number}"} | fields
    )


def make_environment(
    *, partner: Partner | None = None, mode: str = Mode.LIVE, **fields: Any
) -> Environment:
    """One environment, by default of a new partner."""
    return Environment.objects.create(partner=partner or make_partner(), mode=mode, **fields)


def make_key(environment: Environment, *, saved: bool = True, **fields: Any) -> tuple[ApiKey, str]:
    """A key and its text, without the rules of issuing one."""
    key_id, secret = f"{next(_numbers):012d}", f"{next(_numbers):043d}"
    text = f"{environment.mode}-{key_id}_{secret}"
    row = ApiKey(
        **{
            "environment": environment,
            "name": "Server",
            "key_id": key_id,
            "digest": hashlib.sha256(text.encode()).digest(),
            "last_four": secret[-4:],
            "created_by": "system",
        }
        | fields
    )
    if saved:
        row.save()
    return row, text


def make_user(
    email: str = "", *, factor: bool | None = None, saved: bool = True, **fields: Any
) -> User:
    """A user with the password PASSWORD and a verified address; staff get a second factor."""
    known = {"verified_at": NOW, "verified_by": User.Verified.CODE}
    user = User(
        email=email or f"user{next(_numbers)}@example.test",
        password=make_password(PASSWORD),
        **known | fields,
    )
    if not saved:
        return user
    user.save()
    if factor if factor is not None else user.is_staff:
        give_factor(user)
    return user


def make_membership(
    partner: Partner, *, user: User | None = None, role: str = Role.VIEWER
) -> Membership:
    """A membership in a partner's team, a viewer's by default."""
    return Membership.objects.create(user=user or make_user(), partner=partner, role=role)


def make_event(environment: Environment, **fields: Any) -> Event:
    """An event without particular content."""
    return Event.objects.create(
        **{
            "environment": environment,
            "type": Event.Type.ITEM_PULLED,
            "data": {},
            "created_at": NOW,
        }
        | fields
    )


def make_audit_entry(**fields: Any) -> AuditEntry:
    """An entry without particular content."""
    return AuditEntry.objects.create(
        **{"actor": "system", "action": "look", "target": "nothing"} | fields
    )


def make_idempotency_key(environment: Environment, **fields: Any) -> IdempotencyKey:
    """A key with an empty 200 as its response."""
    return IdempotencyKey.objects.create(
        **{
            "environment": environment,
            "key": f"key-{next(_numbers)}",
            "fingerprint": bytes(32),
            "status": 200,
            "body": b"{}",
        }
        | fields
    )


# --- inventory ------------------------------------------------------------------------------------


def make_pack(**fields: Any) -> Pack:
    """An enabled pack without tiers and cards."""
    number = next(_numbers)
    base58 = f"Pack{number}x".replace("0", "z").ljust(44, "1")
    known = {"public_id": base58, "slug": f"pack-{number}", "name": f"Pack {number}"}
    return Pack.objects.create(**known | {"mint_price": Decimal("25.00")} | fields)


def make_activity(pack: Pack, **fields: Any) -> PackActivity:
    """A pack's figures in live: no recent pulls."""
    return PackActivity.objects.create(pack=pack, **{"pulls_7d": 0, "counted_at": NOW} | fields)


def make_tier(pack: Pack, **fields: Any) -> Tier:
    """A tier for every card below 1,000 USD."""
    known = {
        "pack": pack,
        "position": 0,
        "name": "Common",
        "color": "#94a3b8",
        "weight": Decimal(1),
    }
    return Tier.objects.create(**known | {"lower": Decimal(0), "upper": Decimal(1000)} | fields)


def make_card(*, saved: bool = True, **fields: Any) -> Card:
    """A minted card worth 82.50 USD, in no pack."""
    number = next(_numbers)
    card = Card(
        **{
            "source_type": Card.Source.ENFT,
            "mint_address": None if fields.get("listing_id") else f"Mint{number}x".ljust(44, "1"),
            "name": f"Card {number}",
            "image": f"https://cards.example.test/{number}.svg",
            "attributes": [{"trait_type": "Set", "value": "Tidewater"}],
            "fmv": Decimal("82.50"),
            "priced_at": NOW,
        }
        | fields
    )
    if saved:
        card.save()
        card.refresh_from_db()  # public_id is generated by the database
    return card


def make_collector(environment: Environment, user_id: str = "", **fields: Any) -> Collector:
    """A user with a row."""
    return Collector.objects.create(
        environment=environment, user_id=user_id or f"user-{next(_numbers)}", **fields
    )


def make_purchase(collector: Collector, *, pack: Pack | None = None, **fields: Any) -> Purchase:
    """A fulfilled purchase of one pull."""
    pack = pack or make_pack()
    moment = fields.setdefault("created_at", NOW)
    return Purchase.objects.create(
        **{
            "environment": collector.environment,
            "collector": collector,
            "pack": pack,
            "amount": 1,
            "mint_price": pack.mint_price,
            "public_id": f"_{next(_numbers):08d}",
            "tx_hash": f"{collector.environment.mode}_hash",
            "state": Purchase.State.FULFILLED,
            "fulfilled_at": moment,
        }
        | fields
    )


def make_item(
    environment: Environment,
    *,
    now: datetime = NOW,
    collector: Collector | None = None,
    purchase: Purchase | None = None,
    card: Card | None = None,
    pack: Pack | None = None,
    voucher: bool = False,
    **fields: Any,
) -> Item:
    """A held item pulled at ``now``, at its card's value; by default a new user and card.

    Its window is its pack's (sandbox: 7 days). It writes the same rows as a purchase, without its
    rules.
    """
    card = card or make_card()
    if purchase is None:
        collector = collector or make_collector(environment)
        pack = pack or card.pack or make_pack()
        purchase = make_purchase(collector, pack=pack, created_at=now, voucher=voucher)
    fmv, percent = (
        fields.get("fmv", card.fmv),
        fields.get("buyback_percent", purchase.pack.buyback_percent),
    )
    return Item.objects.create(
        **{
            "environment": environment,
            "mode": environment.mode,
            "public_id": card.identity(live=environment.is_live)[0],
            "card": card,
            "collector": purchase.collector,
            "pack": purchase.pack,
            "purchase": purchase,
            "fmv": fmv,
            "buyback_percent": percent,
            "buyback_price": round_usd(fmv * percent),
            "purchased_at": now,
            "expires_at": purchase.pack.window_closes(now, live=environment.is_live),
        }
        | fields
    )


# --- buyback --------------------------------------------------------------------------------------


def make_buyback(item: Item, **fields: Any) -> Buyback:
    """A buyback row only, settled by default: no payout, no transfer, and the item is unchanged.

    It has what its state requires: a claimed one has no price yet, an open one a lease of 30
    seconds from its start.
    """
    state, moment = (
        fields.setdefault("state", Buyback.State.SETTLED),
        fields.setdefault("created_at", NOW),
    )
    priced = state != Buyback.State.CLAIMED
    return Buyback.objects.create(
        **{
            "environment": item.environment,
            "item": item,
            "fmv": item.fmv if priced else None,
            "buyback_percent": item.buyback_percent,
            "mint_price": item.purchase.mint_price,
            "priced_at": item.purchased_at if priced else None,
            "amount": item.buyback_price if priced else None,
            "requested_by": "system",
            "submitted_at": moment if state in ("submitted", "unknown", "review") else None,
            "lease_until": moment + timedelta(seconds=30) if state in OPEN_STATES else None,
            "completed_at": moment if state in ("settled", "failed") else None,
        }
        | fields
    )


def make_transfer(buyback: Buyback, **fields: Any) -> Transfer:
    """The ledger line of an instant sellback."""
    return Transfer.objects.create(
        **{
            "environment": buyback.environment,
            "buyback": buyback,
            "debit": Transfer.Account.TREASURY,
            "credit": Transfer.Account.PAID_OUT,
            "amount": buyback.amount,
            "created_at": NOW,
        }
        | fields
    )


def make_payout(buyback: Buyback, **fields: Any) -> Payout:
    """A paid payout."""
    return Payout.objects.create(
        **{
            "environment": buyback.environment,
            "buyback": buyback,
            "collector": buyback.item.collector,
            "amount": buyback.amount,
            "state": Payout.State.PAID,
            "created_at": NOW,
            "paid_at": NOW if fields.get("state", "paid") == "paid" else None,
        }
        | fields
    )


def make_statement(environment: Environment, **fields: Any) -> Statement:
    """A closed day without activity."""
    nothing = dict.fromkeys(("sold", "sold_amount", "paid", "paid_amount", "failed"), 0)
    known = {"day": NOW.date(), "closed_at": NOW + timedelta(days=1)}
    return Statement.objects.create(environment=environment, **nothing | known | fields)


def make_treasury_control(**fields: Any) -> TreasuryControl:
    """The treasury's guards without any limit."""
    return TreasuryControl.objects.create(**fields)


def make_spend(**fields: Any) -> Spend:
    """An hour with half of the platform's cap spent, all of it in the first slot."""
    hour = NOW.replace(minute=0, second=0)
    known: dict[str, Any] = {"scope": "platform", "starts_at": hour, "cap": Decimal(100)}
    total = fields.pop("total", Decimal(50))
    spend = Spend.objects.create(**known | fields)
    SpendSlot.objects.create(spend=spend, number=0, total=total, share=spend.cap)
    return spend


def make_alert(environment: Environment, **fields: Any) -> Alert:
    """A refused price that no admin has seen yet."""
    known = {
        "environment": environment,
        "kind": Alert.Kind.PRICE_REJECTED,
        "subject": f"item {next(_numbers)}",
    }
    return Alert.objects.create(**known | fields)


def make_proposal(buyback: Buyback, **fields: Any) -> Proposal:
    """One admin's proposal for a sellback in review."""
    known = {
        "outcome": Proposal.Outcome.SETTLED,
        "reason": "seen on the statement",
        "proposed_by": "user:a@x.test",
    }
    return Proposal.objects.create(buyback=buyback, **known | fields)


# --- the world ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Company:
    """A partner with all that belongs to it. The keys are texts, as a server would send them."""

    partner: Partner
    live: Environment
    sandbox: Environment
    live_key: str
    sandbox_key: str
    viewer: User
    operator: User
    owner: User

    def environment(self, mode: str) -> Environment:
        """The environment of a mode."""
        return self.live if mode == Mode.LIVE else self.sandbox

    def key(self, mode: str) -> str:
        """The key's text for an environment."""
        return self.live_key if mode == Mode.LIVE else self.sandbox_key


@dataclass(frozen=True)
class World:
    """The rows that exist in every test; no items are held."""

    northwind: Company
    juniper: Company
    admin: User
    pack: Pack
    tiers: list[Tier]
    cards: list[Card]


def make_company(name: str, slug: str) -> Company:
    """A partner with both environments, their keys, and a member of each role.

    Addresses are ``<role>@<slug>.test``.
    """
    (company,) = make_companies((name, slug))
    return company


def make_companies(*named: tuple[str, str]) -> list[Company]:
    """A company for each name and slug, with one statement for each table."""
    partners = Partner.objects.bulk_create(Partner(name=name, slug=slug) for name, slug in named)
    environments = Environment.objects.bulk_create(
        Environment(partner=partner, mode=mode) for partner in partners for mode in Mode.values
    )
    keys = [make_key(environment, saved=False) for environment in environments]
    ApiKey.objects.bulk_create(row for row, _ in keys)
    members = User.objects.bulk_create(
        make_user(f"{role}@{slug}.test", saved=False) for _, slug in named for role in Role.values
    )
    roles = [(partner, role) for partner in partners for role in Role.values]
    Membership.objects.bulk_create(
        Membership(user=user, partner=partner, role=role)
        for user, (partner, role) in zip(members, roles, strict=True)
    )
    companies = []
    for place, partner in enumerate(partners):
        live, sandbox = keys[2 * place : 2 * place + 2]
        team = members[len(Role) * place : len(Role) * (place + 1)]
        companies.append(
            Company(
                partner, live[0].environment, sandbox[0].environment, live[1], sandbox[1], *team
            )
        )
    return companies


def make_world() -> World:
    """The world, in an empty database. Every test starts here, so it takes few statements."""
    pack = make_pack(
        public_id="TidewaterBox11111111111111111111111111111111",
        slug="tidewater-box",
        name="Tidewater Box",
        description="Twelve finds from the shore.",
        image="https://cards.example.test/tidewater.svg",
        categories=["Voyages", "Relics"],
        max_per_mint=5,
        buyback_window=None,
    )
    tiers = [
        Tier(
            pack=pack,
            position=position,
            name=name,
            color=color,
            lower=lower,
            upper=upper,
            weight=weight,
        )
        for position, (name, color, lower, upper, weight) in enumerate(TIERS)
    ]
    cards = [
        make_card(
            saved=False,
            pack=pack,
            source_type=source,
            listing_id=listing,
            mint_address=mint,
            name=name,
            fmv=fmv,
        )
        for source, listing, mint, name, fmv in CARDS
    ]
    Card.objects.bulk_create(cards)
    northwind, juniper = make_companies(
        ("Northwind Cards", "northwind"), ("Juniper & Sons", "juniper")
    )
    return World(
        northwind=northwind,
        juniper=juniper,
        admin=make_user("admin@phygitals.test", is_staff=True, is_superuser=True),
        pack=pack,
        tiers=Tier.objects.bulk_create(tiers),
        cards=list(Card.objects.order_by("pk")),  # public_id is generated by the database
    )
