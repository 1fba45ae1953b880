"""The content and order of the lists in sections 3 and 5, beyond the shapes of ``cases.py``."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from config.foundation.clock import iso
from inventory.models import Card
from inventory.packs import figures
from inventory.packs.figures import count_pulls, refresh_values
from partners.models import Mode
from tests.contract.cases import BUY, SELL, buying
from tests.contract.runner import send
from tests.contract.scene import Scene
from tests.world import NOW, make_card, make_collector, make_item, make_tier


def get(scene: Scene, path: str) -> Any:
    response = send(scene, f"GET {path}")
    assert response.status_code == 200
    return json.loads(response.content)


def packs(scene: Scene) -> dict[str, Any]:
    return {pack["id"]: pack for pack in get(scene, "/vm/available")}


def test_it_leaves_out_disabled_packs_and_lists_empty_ones(scene: Scene) -> None:
    listed, names = packs(scene), scene.names
    assert names["disabled"] not in listed
    assert {
        name: listed[names[name]]["in_stock"] for name in ("empty", "nearly empty", "pack")
    } == {
        "empty": False,
        "nearly empty": True,
        "pack": True,
    }


def test_it_says_a_pack_is_out_of_stock_when_its_last_card_is_pulled(scene: Scene) -> None:
    send(scene, BUY, buying(id="<nearly empty>", amount=2))
    assert packs(scene)[scene.names["nearly empty"]]["in_stock"] is False


def test_it_counts_cards_outside_every_tier_as_no_stock(scene: Scene) -> None:
    pack = scene.world.pack
    Card.objects.filter(pack=pack).update(fmv=Decimal("4.99"))
    assert packs(scene)[pack.public_id]["in_stock"] is False


def test_it_writes_tiers_from_0_with_their_bounds_and_weights(scene: Scene) -> None:
    tiers = packs(scene)[scene.names["pack"]]["rarity_distribution"]
    assert tiers[0] == {
        "id": 0,
        "name": "Common",
        "color": "#94a3b8",
        "lower": 5,
        "upper": 20,
        "weight": 70,
    }
    assert [tier["id"] for tier in tiers] == [0, 1, 2]


def test_it_writes_the_expected_value_as_it_was_last_worked_out(scene: Scene) -> None:
    refresh_values(now=NOW)
    pack = packs(scene)[scene.names["pack"]]
    assert pack["ev_updated_at"] == "2026-04-18T19:05:14.000Z"
    assert (pack["min_ev"], pack["max_ev"]) == (5, 999.99)
    # 70 % of the common cards' mean, 25 % of the rare ones', 5 % of the legendary ones'.
    common, rare, legendary = Decimal("61.68") / 6, Decimal("208.17") / 4, Decimal("1149.99") / 2
    expected = (70 * common + 25 * rare + 5 * legendary) / 100
    assert pack["ev"] == float(round(expected, 2))


def test_it_counts_pulls_of_the_last_seven_days_in_its_own_pool(scene: Scene) -> None:
    pack = scene.names["nearly empty"]
    assert (packs(scene)[pack]["num_pulls_7d"], packs(scene)[pack]["last_pull"]) == (0, None)
    send(scene, BUY, buying(id="<nearly empty>", amount=2))
    count_pulls()
    assert packs(scene)[pack]["num_pulls_7d"] == 2
    latest = scene.environment.items.latest("purchased_at")
    assert packs(scene)[pack]["last_pull"] == iso(latest.purchased_at)


@pytest.mark.parametrize("path", ["/vm/chase/tidewater-box", "/vm/available"])
def test_it_shows_the_most_valuable_cards_first_and_at_most_20(scene: Scene, path: str) -> None:
    make_tier(scene.world.pack, position=9, lower=Decimal(1000), upper=Decimal(9000))
    for number in range(25):
        make_card(pack=scene.world.pack, fmv=Decimal(1000 + number))
    figures._CHASES.clear()  # as ten seconds later
    found = get(scene, path)
    chase = (
        found
        if isinstance(found[0].get("fmv"), int | float)
        else packs(scene)[scene.names["pack"]]["chase"]
    )
    assert [card["fmv"] for card in chase] == list(range(1024, 1004, -1))


def test_it_shows_no_pulled_card_among_the_best(scene: Scene) -> None:
    best = get(scene, "/vm/chase/tidewater-box")[0]["id"]
    card = Card.objects.get(public_id=best)
    make_item(scene.environment, card=card, now=scene.now)
    assert best not in [card["id"] for card in get(scene, "/vm/chase/tidewater-box")]


def test_it_shows_recent_pulls_newest_first_and_of_the_packs_asked_for(scene: Scene) -> None:
    send(scene, BUY, buying(id="<nearly empty>"))
    pulls = get(scene, "/vm/recent-pulls?limit=100")
    assert pulls[0]["claw_id"] == scene.names["nearly empty"]
    assert pulls == sorted(pulls, key=lambda pull: pull["created_at"], reverse=True)
    asked = scene.fill("/vm/recent-pulls?claw_ids=<box>&claw_ids=nothing&limit=100")
    assert {pull["claw_id"] for pull in get(scene, asked)} == {scene.names["box"]}


def test_it_shows_recent_pulls_of_its_own_pool(scene: Scene) -> None:
    """Live: of every partner. Sandbox: only its own. Neither shows the other's."""
    shown = {pull["id"] for pull in get(scene, "/vm/recent-pulls?limit=100")}
    assert (scene.names["another partner's"] in shown) is (scene.mode == Mode.LIVE)
    assert scene.names["in the other environment"] not in shown


def test_it_shows_the_value_recorded_at_the_pull(scene: Scene) -> None:
    pulls = {pull["id"]: pull for pull in get(scene, "/vm/recent-pulls?limit=100")}
    fallen = pulls[scene.names["fallen"]]
    assert (fallen["value"], fallen["buyback_price"]) == (100, 85)


def test_it_shows_an_inventory_newest_first_without_what_left_it(scene: Scene) -> None:
    ada = scene.environment.collectors.get(user_id="ada")
    newest = make_item(scene.environment, collector=ada, now=scene.now)
    oldest = make_item(scene.environment, collector=ada, now=scene.now - timedelta(days=1))
    shown = [item["id"] for item in get(scene, "/inventory/ada")["items"]]
    assert (shown[0], shown[-1]) == (newest.public_id, oldest.public_id)
    names = scene.names
    assert {names[name] for name in ("held", "expired", "swept", "closing")} < set(shown)
    assert {names[name] for name in ("sold", "shipping", "shipped")}.isdisjoint(shown)


def test_it_hides_another_partners_user_with_the_same_name(scene: Scene) -> None:
    theirs = scene.world.juniper.environment(scene.mode)
    item = make_item(theirs, collector=make_collector(theirs, "ada"), now=scene.now)
    assert item.public_id not in [shown["id"] for shown in get(scene, "/inventory/ada")["items"]]


@pytest.mark.parametrize("name", ["risen", "fallen", "voucher", "good voucher", "held", "piped"])
def test_it_shows_the_price_a_sale_pays(scene: Scene, name: str) -> None:
    items = {item["id"]: item for item in get(scene, "/inventory/ada")["items"]}
    sale = json.loads(send(scene, SELL, {"item_id": scene.names[name]}).content)
    assert items[scene.names[name]]["buyback_price"] == sale["amount"]


def test_it_removes_sold_items_from_the_inventory_immediately(scene: Scene) -> None:
    send(scene, SELL, {"item_id": "<held>"})
    assert scene.names["held"] not in [item["id"] for item in get(scene, "/inventory/ada")["items"]]


def test_it_tracks_a_user_from_the_first_purchase_on(scene: Scene) -> None:
    assert send(scene, "GET /inventory/newcomer").status_code == 404
    bought = json.loads(send(scene, BUY, buying(user_id="newcomer", amount=3)).content)
    shown = get(scene, "/inventory/newcomer")["items"]
    assert {item["id"] for item in shown} == {item["id"] for item in bought["nfts"]}
