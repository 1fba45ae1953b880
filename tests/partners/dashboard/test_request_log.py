"""The request log's pages."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from config.foundation import clock
from partners.models import ApiCall, ApiKey
from tests.calls import make_call, make_lost_calls
from tests.dashboard.steps import HTMX, signed_in
from tests.world import World, make_key

REQUESTS = "/dashboard/live/developers/requests/"


def made(world: World) -> ApiKey:
    """Three own calls, one in the sandbox, one of another partner; returns the first one's key."""
    live = world.northwind.live
    call = make_call(live, path="/vm/available", request_id="request-7")
    make_call(live, status=404, code="item_not_found", path="/vm/buyback/x", key=call.key)
    make_call(live, status=503)
    make_call(world.northwind.sandbox)
    make_call(world.juniper.live)
    return call.key


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [503, 404, 200]),
        ("status=2xx", [200]),
        ("status=4xx", [404]),
        ("status=5xx", [503]),
        ("status=7xx", [503, 404, 200]),
        ("path=/vm/buyback", [503, 404]),
        ("code=item_not_found", [404]),
        ("code=item", []),
        ("code=item_not_found&status=5xx", []),
        ("path=%00", []),
        ("request=request-7", [200]),
        ("request=request", []),
        ("key=KEY", [404, 200]),
        ("key=KEY&status=4xx&path=/vm", [404]),
        ("key=nobody", [503, 404, 200]),
    ],
)
def test_it_filters(world: World, query: str, found: list[int]) -> None:
    query = query.replace("KEY", made(world).key_id)
    page = signed_in(world.northwind.operator).get(f"{REQUESTS}?{query}", headers=HTMX)
    assert [call.status for call in page.context["page"].rows] == found


def test_it_shows_filters_as_chips(world: World) -> None:
    key = made(world)
    page = signed_in(world.northwind.operator).get(
        f"{REQUESTS}?status=4xx&key={key.key_id}&path=/vm&code=c&request=r"
    )
    chips = [(chip.label, chip.text) for chip in page.context["chips"]]
    assert chips == [
        ("Outcome", "Refused"), ("Key", "Server"), ("Path starts with", "/vm"),
        ("Error code", "c"), ("Request id", "r"),
    ]  # fmt: skip
    assert "No request matches" in page.content.decode()


@pytest.mark.parametrize(("query", "asked"), [("", 8), ("status=5xx", 12)])
def test_it_pages_by_keyset(
    world: World, django_assert_num_queries: DjangoAssertNumQueries, query: str, asked: int
) -> None:
    key = made(world)
    for _ in range(120):
        make_call(world.northwind.live, key=key, status=500)
    client, seen, after = signed_in(world.northwind.operator), [], ""
    while True:
        with django_assert_num_queries(asked):
            found = client.get(
                f"{REQUESTS}?{query}", {"after": after, **dict(p.split("=") for p in [query] if p)}
            )
        seen += [row.pk for row in found.context["page"].rows]
        after = found.context["page"].next
        if not after:
            break
    rows = ApiCall.objects.filter(environment=world.northwind.live, status__gte=500 if query else 0)
    assert seen == list(rows.order_by("-created_at", "-id").values_list("pk", flat=True))


def test_it_shows_one_call(world: World, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    live = world.northwind.live
    call = make_call(live, sent='{"a":"<b>"}', answered='{"cut": "of', status=400, code="no_rates")
    client = signed_in(world.northwind.operator)
    with django_assert_num_queries(5):
        page = client.get(f"{REQUESTS}{call.pk}/")
    assert (page.context["sent"], page.context["answered"]) == ('{\n  "a": "<b>"\n}', '{"cut": "of')
    text = page.content.decode()
    for part in (
        "POST /vm/buyback/quote",
        "4.2 ms",
        "no_rates",
        call.request_id,
        call.key.hint,
        "&lt;b&gt;",
    ):
        assert part in text


def test_it_shows_a_viewer_no_body(world: World) -> None:
    call = make_call(world.northwind.live, sent='{"a":"what was sent"}')
    client = signed_in(world.northwind.viewer)
    for page in (client.get(REQUESTS), client.get(f"{REQUESTS}{call.pk}/")):
        assert page.status_code == 403
        assert "what was sent" not in page.content.decode()
    assert REQUESTS not in client.get("/dashboard/live/developers/keys/").content.decode()


def test_it_reports_lost_calls(world: World) -> None:
    client, today = signed_in(world.northwind.operator), clock.now().date()
    make_lost_calls(world.juniper.live, day=today)
    make_lost_calls(world.northwind.live, day=today - timedelta(days=31))
    assert "missing here" not in client.get(REQUESTS).content.decode()
    make_lost_calls(world.northwind.live, day=today, calls=1_234)
    assert (
        "1,234 calls of the last 30 days are missing here" in client.get(REQUESTS).content.decode()
    )


def test_it_says_what_there_is_when_there_is_nothing(world: World) -> None:
    assert "No requests yet" in signed_in(world.northwind.operator).get(REQUESTS).content.decode()


@pytest.mark.parametrize(
    "sent",
    [
        "[" * 900 + "1," * 3000 + "1" + "]" * 900,
        "[" * 8192,
        '{"a":' * 17 + "1" + "}" * 17,
        "[" * 3 + "9" * 8000 + "]" * 3,
    ],
)
def test_it_does_not_indent_what_would_be_mostly_blanks(world: World, sent: str) -> None:
    call = make_call(world.northwind.live, sent=sent)
    page = signed_in(world.northwind.operator).get(f"{REQUESTS}{call.pk}/")
    assert (page.status_code, page.context["sent"]) == (200, sent)
    assert len(page.content) < 100_000


def test_it_indents_bodies_of_some_depth(world: World) -> None:
    call = make_call(world.northwind.live, sent="[" * 16 + "1" + "]" * 16)
    page = signed_in(world.northwind.operator).get(f"{REQUESTS}{call.pk}/")
    assert page.context["sent"].count("\n") == 32


def test_it_offers_the_newest_keys_as_filters(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("partners.models.access.MOST_NAMED", 2)
    made = [make_key(world.northwind.live, name=name)[0].key_id for name in ("c", "b", "a")]
    keys = signed_in(world.northwind.operator).get(REQUESTS).context["keys"]
    assert list(keys.items()) == [(made[2], "a"), (made[1], "b")]
