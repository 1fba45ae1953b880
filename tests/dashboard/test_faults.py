"""Error pages, and guarantees of every page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client, RequestFactory

from partners.dashboard.home import fault
from tests.dashboard.steps import HTMX, post_sale, signed_in
from tests.world import World, make_item

TEMPLATES = sorted(Path(settings.BASE_DIR, "templates").rglob("*.html"))


@pytest.mark.parametrize(
    "path", ["/nowhere", "/dashboard/live/payouts/x/", "/dashboard/else/", "/favicon.png"]
)
def test_it_answers_an_unknown_address_with_the_request_id(db: None, path: str) -> None:
    answer = Client().get(path, headers={"X-Request-Id": "known-7"})
    assert answer.status_code == 404
    assert "Page not found" in answer.content.decode()
    assert "known-7" in answer.content.decode()


def test_it_answers_a_fault_without_asking_the_database() -> None:
    request = RequestFactory().get("/")
    request.request_id = "known-7"  # type: ignore[attr-defined]
    answer = fault(request)
    assert answer.status_code == 500
    assert "Something went wrong on our side" in answer.content.decode()
    assert "known-7" in answer.content.decode()


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_it_refuses_a_form_without_its_protection_token(
    world: World, headers: dict[str, str]
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.northwind.operator)
    answer = post_sale(client, make_item(world.northwind.live), headers=headers)
    assert answer.status_code == 403
    assert "This form is out of date" in answer.content.decode()
    assert ("<!doctype html>" in answer.content.decode()) is not bool(headers)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_it_keeps_style_and_script_out_of_the_markup(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"\sstyle=|\son[a-z]+=|<style|hx-on|javascript:", text)
    assert len(text.splitlines()) <= 150


def test_it_sends_the_strict_policy(world: World) -> None:
    policy = (
        signed_in(world.northwind.viewer).get("/dashboard/live/").headers["Content-Security-Policy"]
    )
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
