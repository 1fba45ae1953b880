"""seed_demo and demo_info: data created once by the real actions, with random secrets."""

from __future__ import annotations

import json
import stat
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.totp.internal import auth as totp
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from buyback.demo.packs import PACKS
from buyback.demo.plan import visits
from buyback.models import Buyback, Payout
from buyback.sellback.sell_back import sell_back
from config.foundation import clock
from inventory.models import Card, Collector, Item, Pack, Purchase, Tier
from partners.decisions.dual_control import is_old_enough
from partners.keys.api_keys import find, revoke_key
from partners.models import ApiKey, Environment, Event, Membership, Mode, Partner, User
from partners.records.actor import SYSTEM, Actor
from tests.database.decisions import make_owner_proposal

NOW = datetime(2026, 4, 18, 19, 5, 14, tzinfo=UTC)
ROWS = (
    Partner,
    Environment,
    User,
    Membership,
    Pack,
    Tier,
    Card,
    Collector,
    Purchase,
    Item,
    Buyback,
    Payout,
    Event,
)


@pytest.fixture
def folder(tmp_path: Path, settings: Settings, db: None) -> Path:
    """An empty data folder."""
    settings.DATA_DIR = tmp_path
    return tmp_path


def seed(**options: Any) -> None:
    """Small demo data."""
    call_command("seed_demo", **({"cards": 150, "users": 8, "days": 9, "verbosity": 0} | options))


def kept(folder: Path) -> dict[str, Any]:
    """The content of demo.json."""
    found: dict[str, Any] = json.loads((folder / "demo.json").read_text())
    return found


def shown() -> dict[str, Any]:
    """The output of demo_info."""
    out = StringIO()
    call_command("demo_info", stdout=out)
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


@pytest.mark.parametrize("name", ["ORACLE_URL", "TREASURY_URL"])
def test_it_creates_no_demo_data_with_configured_peers(
    folder: Path, settings: Settings, name: str
) -> None:
    setattr(settings, name, "https://peer.example.test")
    with pytest.raises(
        ImproperlyConfigured, match="Create the demo data without ORACLE_URL and TREASURY_URL"
    ):
        seed()
    assert set(counts()) == {0}
    assert not (folder / "demo.json").exists()


def counts() -> list[int]:
    """The number of rows of each model."""
    return [model._default_manager.count() for model in ROWS]


def test_it_makes_partners_people_keys_and_packs(folder: Path) -> None:
    seed()
    demo = kept(folder)
    assert [(one["email"], one["role"]) for one in demo["logins"][:3]] == [
        ("owner@northlight.example", "owner"),
        ("operator@northlight.example", "operator"),
        ("viewer@northlight.example", "viewer"),
    ]
    for login in demo["logins"]:
        assert User.objects.get(email=login["email"]).check_password(login["password"])
    assert User.objects.get(email=demo["admin"]["email"]).is_superuser
    assert all(find(one["key"], one["mode"]) for one in demo["api_keys"])
    assert (Pack.objects.count(), Card.objects.count()) == (len(PACKS), 150)
    assert not Pack.objects.filter(ev=None).exists()


def test_it_creates_held_closing_expired_and_sold_items(folder: Path) -> None:
    seed()
    for mode in Mode:
        items = Item.objects.filter(mode=mode)
        now = clock.now()
        assert items.filter(state="sold").exists()
        assert items.held().exclude(expired_at=None).exists()
        assert items.expiring(now=now, within=timedelta(hours=1)).exists()
        assert items.sellable(now + timedelta(days=2)).exists()
    assert (
        Payout.objects.count()
        == Buyback.objects.count()
        == Item.objects.filter(state="sold").count()
    )


def test_it_keeps_its_secrets_to_their_owner(folder: Path) -> None:
    seed()
    assert stat.S_IMODE((folder / "demo.json").stat().st_mode) == 0o600
    assert [file.name for file in folder.iterdir()] == ["demo.json"]


def test_it_changes_nothing_the_second_time(folder: Path) -> None:
    seed()
    before, secrets = counts(), kept(folder)
    seed()
    assert counts() == before
    assert kept(folder) == secrets


def test_it_makes_new_secrets_when_the_file_is_lost(folder: Path) -> None:
    seed()
    before, old = counts(), kept(folder)
    (folder / "demo.json").unlink()
    seed()
    new = kept(folder)
    assert counts() == before
    assert all(find(one["key"], one["mode"]) for one in new["api_keys"])
    assert not any(find(one["key"], one["mode"]) for one in old["api_keys"])
    assert User.objects.get(email=new["logins"][0]["email"]).check_password(
        new["logins"][0]["password"]
    )


def test_it_makes_new_secrets_when_the_file_belongs_to_another_database(folder: Path) -> None:
    (folder / "demo.json").write_text('{"api_keys": [{"mode": "live", "key": "live-nothing"}]}')
    seed()
    assert all(find(one["key"], one["mode"]) for one in kept(folder)["api_keys"])


def test_it_keeps_its_secrets_while_a_partner_is_suspended(folder: Path) -> None:
    seed()
    secrets = {name: kept(folder)[name] for name in ("logins", "admin", "api_keys")}
    for partner in Partner.objects.all():  # all, then all but one
        Partner.objects.update(status=Partner.Status.SUSPENDED)
        partner.status = Partner.Status.ACTIVE
        seed()
        assert {name: kept(folder)[name] for name in secrets} == secrets
        assert shown()["sellback"] is None
        partner.save()
        assert shown()["sellback"]["key"] in [one["key"] for one in secrets["api_keys"]]


def test_it_leaves_a_key_revoked_that_an_admin_revoked(folder: Path) -> None:
    seed()
    first = kept(folder)["sellback"]["key"]
    revoke_key(key=ApiKey.objects.get(key_id=first[5:17]), by=SYSTEM)
    seed()
    assert first in [one["key"] for one in kept(folder)["api_keys"]]
    assert kept(folder)["sellback"]["key"] != first


def test_it_shows_an_item_that_sells(folder: Path) -> None:
    seed()
    for _ in range(2):  # the next one, once the first is sold
        sale = shown()["sellback"]
        key = find(sale["key"], sale["mode"])
        assert key is not None
        sold = sell_back(environment=key.environment, item_id=sale["item_id"], by=SYSTEM)
        assert sold.amount > Decimal(0)


def test_it_says_when_there_is_no_demo(folder: Path) -> None:
    with pytest.raises(CommandError, match="run seed_demo"):
        call_command("demo_info")


@pytest.mark.parametrize("flag", ["--cards", "--users", "--days"])
def test_it_refuses_a_size_of_zero(flag: str, db: None) -> None:
    with pytest.raises(CommandError, match="must be a whole number above 0"):
        call_command("seed_demo", flag, "0")
    assert not Partner.objects.exists()


def test_it_plans_the_same_month_from_the_same_seed() -> None:
    plan = visits(seed=7, users=20, days=30, now=NOW)
    assert plan == visits(seed=7, users=20, days=30, now=NOW)
    assert plan != visits(seed=8, users=20, days=30, now=NOW)
    assert plan == sorted(plan, key=lambda visit: visit.at)
    assert NOW - timedelta(days=30) <= plan[0].at
    assert plan[-1].at < NOW


def test_it_plans_for_as_many_users_as_were_asked_for() -> None:
    assert (
        len(
            {
                (one.partner, one.mode, one.user_id)
                for one in visits(seed=1, users=200, days=30, now=NOW)
            }
        )
        == 200
    )


def test_it_shows_the_code_for_the_admins_login(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed()
    monkeypatch.setattr(totp, "yield_hotp_counters_from_time", lambda: iter([59_000_000]))
    out = StringIO()
    call_command("demo_info", "--code", stdout=out)
    admin, client = kept(folder)["admin"], Client()
    client.post("/login/", {"login": admin["email"], "password": admin["password"]})
    answer = client.post("/account/factors/authenticate/", {"code": out.getvalue().strip()})
    assert answer.status_code == 302
    assert client.get("/admin/").status_code == 200
    assert shown()["admin"]["code"] == out.getvalue().strip()


def test_its_admin_is_old_enough_to_confirm(folder: Path, settings: Settings) -> None:
    settings.DUAL_CONTROL_MIN_AGE = 86_400
    seed()
    proposal = make_owner_proposal(Partner.objects.all()[0])
    admin = User.objects.get(email=kept(folder)["admin"]["email"])
    assert is_old_enough(proposal, Actor.user(admin))
