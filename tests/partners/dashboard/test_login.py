"""Signing in and out."""

from __future__ import annotations

import pytest
from django.http import HttpResponse
from django.test import Client

from tests.dashboard.steps import signed_in
from tests.world import PASSWORD, World

MOST_FAILURES, MOST_OF_AN_ADDRESS = 10, 50  # partners/people/allauth_adapters.py
GENERIC = "Incorrect email or password."


def sign_in(client: Client, email: str, password: str = PASSWORD, **more: str) -> HttpResponse:
    return client.post("/login/", {"login": email, "password": password} | more)  # type: ignore[return-value]


@pytest.mark.parametrize("email", ["owner@northwind.test", "OWNER@Northwind.test"])
def test_it_lets_a_member_in_whatever_the_letter_case(world: World, email: str) -> None:
    answer = sign_in(Client(), email)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/dashboard/")


def test_it_goes_on_to_the_page_that_was_asked_for(world: World) -> None:
    answer = sign_in(Client(), "owner@northwind.test", next="/dashboard/live/payouts/")
    assert answer.headers["Location"] == "/dashboard/live/payouts/"


def test_it_never_goes_on_to_another_site(world: World) -> None:
    answer = sign_in(Client(), "owner@northwind.test", next="https://elsewhere.test/")
    assert answer.headers["Location"] == "/dashboard/"


@pytest.mark.parametrize("email", ["owner@northwind.test", "nobody@northwind.test"])
def test_it_says_the_same_of_a_wrong_password_and_an_unknown_account(
    world: World, email: str
) -> None:
    answer = sign_in(Client(), email, "wrong")
    assert answer.status_code == 200
    assert GENERIC in answer.content.decode()


def test_it_says_the_same_of_a_closed_account(world: World) -> None:
    world.northwind.owner.is_active = False
    world.northwind.owner.save()
    assert GENERIC in sign_in(Client(), "owner@northwind.test").content.decode()


def test_it_stops_guessing_after_ten_failures(world: World) -> None:
    client = Client()
    for _ in range(MOST_FAILURES):
        assert GENERIC in sign_in(client, "owner@northwind.test", "wrong").content.decode()
    answer = sign_in(client, "owner@northwind.test")
    assert "Too many failed attempts" in answer.content.decode()
    assert sign_in(client, "viewer@northwind.test").status_code == 302


def test_it_forgets_failures_after_the_right_password(world: World) -> None:
    for _ in range(2):
        for _ in range(MOST_FAILURES - 1):
            sign_in(Client(), "owner@northwind.test", "wrong")
        assert sign_in(Client(), "owner@northwind.test").status_code == 302


def test_it_lets_another_address_in_while_one_is_stopped(world: World) -> None:
    for _ in range(MOST_FAILURES):
        sign_in(Client(), "owner@northwind.test", "wrong")
    assert sign_in(Client(REMOTE_ADDR="192.0.2.1"), "owner@northwind.test").status_code == 302


def test_it_counts_no_attempt_at_a_stopped_account_against_the_address(world: World) -> None:
    for _ in range(MOST_OF_AN_ADDRESS + 1):
        sign_in(Client(), "owner@northwind.test", "wrong")
    assert sign_in(Client(), "viewer@northwind.test").status_code == 302


def test_it_stops_an_address_that_guesses_at_many_accounts(world: World) -> None:
    for number in range(MOST_OF_AN_ADDRESS):
        assert (
            GENERIC
            in sign_in(Client(), f"somebody-{number}@northwind.test", "wrong").content.decode()
        )
    assert "Too many failed attempts" in sign_in(Client(), "owner@northwind.test").content.decode()
    assert sign_in(Client(REMOTE_ADDR="192.0.2.1"), "owner@northwind.test").status_code == 302


def test_it_does_not_forget_an_address_for_one_right_password(world: World) -> None:
    for number in range(MOST_OF_AN_ADDRESS - 1):
        sign_in(Client(), f"somebody-{number}@northwind.test", "wrong")
    assert sign_in(Client(), "owner@northwind.test").status_code == 302
    sign_in(Client(), "somebody@northwind.test", "wrong")
    assert "Too many failed attempts" in sign_in(Client(), "owner@northwind.test").content.decode()


@pytest.mark.parametrize("missing", ["login", "password"])
def test_it_counts_no_form_that_guesses_nothing(world: World, missing: str) -> None:
    for _ in range(MOST_FAILURES + 1):
        sign_in(Client(), "owner@northwind.test", **{missing: ""})
    assert sign_in(Client(), "owner@northwind.test").status_code == 302


def test_it_signs_out_by_post_alone(world: World) -> None:
    client = signed_in(world.northwind.owner)
    assert client.get("/logout/").status_code == 405
    assert client.post("/logout/").headers["Location"] == "/login/"
    assert client.get("/dashboard/live/").status_code == 302


def test_it_passes_a_member_who_is_already_in(world: World) -> None:
    assert signed_in(world.northwind.owner).get("/login/").headers["Location"] == "/dashboard/"


def test_it_starts_at_the_dashboard() -> None:
    assert Client().get("/").headers["Location"] == "/dashboard/"
