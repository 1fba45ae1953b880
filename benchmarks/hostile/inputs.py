"""Hostile input: every route of the server with the requests that are most expensive to process.

Routes come from the project's own tables (``config/api.py``, ``config/dashboard.py``, the admin's
registry), so new ones are included automatically.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from benchmarks.world import Database

LONG = 60_000  # characters of an address; servers take about 65,000
BODY = 64 * 1024  # bytes of an API call's body
FORM = 1_000_000  # bytes of a form: the maximum that is read
EACH = 0.05  # CPU seconds of one call
ITEM = 0.002  # for each item of a batch
BROWSER = {"Accept-Encoding": "gzip, deflate, br", "Accept-Language": "en"}
TOKEN = "a" * 32  # for form and cookie


@dataclass(frozen=True, slots=True)
class Probe:
    """One call. ``most``: allowed CPU seconds; ``key``: it is in the request log."""

    name: str
    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    most: float = EACH
    key: bool = False

    def request(self, port: int) -> bytes:
        """The raw request."""
        headers = {"Host": f"127.0.0.1:{port}"} | self.headers
        if self.body or self.method == "POST":
            headers |= {"Content-Length": str(len(self.body))}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"{self.method} {self.path} HTTP/1.1\r\n{lines}\r\n".encode() + self.body


@dataclass(frozen=True, slots=True)
class Known:
    """Rows and sessions of the world that calls refer to."""

    database: Database
    owner: str  # a cookie
    admin: str
    sandbox_key: str
    held: list[str]  # ids of items that a user holds
    card: str  # id of the card with the longest name and attributes
    pack: Any
    calls: list[int]  # of the request log


# --- the partner API ------------------------------------------------------------------------------


def of_the_api(known: Known) -> Iterator[Probe]:
    """Every route of ``config/api.py``, with a key."""
    from config.api import sandbox_urlpatterns, urlpatterns
    from partners.api.views import ActionView, UnknownRoute

    for base, key, patterns in (
        ("/api/v1/", known.database.key, urlpatterns),
        ("/_/api/v1/", known.sandbox_key, sandbox_urlpatterns),
    ):
        for pattern in patterns:
            route, view = str(pattern.pattern), getattr(pattern.callback, "cls", UnknownRoute)
            headers = {"X-API-Key": key, "Content-Type": "application/json"}
            if issubclass(view, ActionView):
                yield from _posts(f"{base}{route}", route, headers, known)
            else:
                yield from _gets(base, route, headers, known)
    headers = {"X-API-Key": known.sandbox_key, "Content-Type": "application/json"}
    for amount in (1, known.pack.max_per_mint):
        body = json.dumps(
            {"user_id": "hostile", "id": known.pack.public_id, "amount": amount}
        ).encode()
        yield Probe(
            f"a sandbox purchase of {amount}",
            "POST",
            "/_/api/v1/vm/buy/init",
            headers,
            body,
            key=True,
        )
    for base, key in (("/api/v1", known.database.key), ("/_/api/v1", known.sandbox_key)):
        yield Probe(f"packs at {base}", "GET", f"{base}/vm/available", {"X-API-Key": key}, key=True)


def _gets(base: str, route: str, headers: dict[str, str], known: Known) -> Iterator[Probe]:
    start, _, parameter = route.partition("<")
    good = {"path:user_id>": "user-0", "str:slug>": known.pack.slug}.get(parameter, known.held[0])
    path = f"{base}{start}{quote(good, safe='') if parameter else ''}"

    def probe(what: str, address: str, **more: str) -> Probe:
        return Probe(f"GET {base}{route}, {what}", "GET", address, headers | more, key=True)

    yield probe("as it should be", path)
    if parameter:
        yield probe("a long id", f"{base}{start}{'x' * LONG}")
        yield probe("a long id in percent signs", f"{base}{start}{'%25' * (LONG // 3)}")
    yield from (probe(what, f"{path}?{query}") for what, query in QUERIES.items())
    if route in ("buybacks", "inventory/<path:user_id>"):
        yield from (probe(what, path, **more) for what, more in HEADERS.items())


QUERIES = {
    "a thousand parameters": "&".join(f"p{number}=1" for number in range(1000)),
    "thirty thousand parameters": "&".join("a" * (LONG // 2)),
    "a long cursor": f"cursor={'x' * LONG}",
    "a long filter": f"user_id={'x' * LONG}",
    "a long filter in percent signs": f"item_id={'%F0%9F%82%A1' * (LONG // 12)}",
    "a thousand packs": "&".join(f"claw_ids=p{number}" for number in range(1000)),
}
HEADERS: dict[str, dict[str, str]] = {
    "a long Accept": {"Accept": ",".join(["a/b"] * (LONG // 4))},
    "an Accept of many parameters": {"Accept": "a/b" + ";a=b" * (LONG // 4)},
    "a long key": {"X-API-Key": "live-" + "a" * LONG},
    "a long Idempotency-Key": {"Idempotency-Key": "k" * LONG},
    "a long X-Request-Id": {"X-Request-Id": "a" * LONG},
    "a long Host": {"Host": "a." * (LONG // 2)},
    "a long X-Forwarded-For": {"X-Forwarded-For": "1.1.1.1," * (LONG // 8)},
    "a long Accept-Language": {"Accept-Language": "en-a;q=0.1," * (LONG // 11)},
    "a long If-None-Match": {"If-None-Match": '"a",' * (LONG // 4)},
    "a long Cookie": {"Cookie": ";".join(f"a{number}=b" for number in range(LONG // 9))},
}


def _posts(path: str, route: str, headers: dict[str, str], known: Known) -> Iterator[Probe]:
    valid = _valid(route, known)
    most = max(EACH, ITEM * len(valid["item_ids"])) if route == "vm/buyback/batch" else EACH
    path = path.replace("<str:order_id>", "order_AAAAAAAAAAAAAAAA")
    bodies = {**_bodies(valid), **(_destinations(valid) if route == "ship/quote" else {})}
    for what, body in bodies.items():
        yield Probe(f"POST {path}, {what}", "POST", path, headers, body, most, key=True)
    keyed = headers | {"Idempotency-Key": "hostile"}
    yield Probe(
        f"POST {path}, numbers under a key",
        "POST",
        path,
        keyed,
        bodies["many numbers"],
        most,
        key=True,
    )


def _valid(route: str, known: Known) -> dict[str, Any]:
    """A valid body for the route, which changes nothing because the rows are unknown."""
    address = {
        "name": "A B",
        "line1": "1 Road",
        "city": "Mountain View",
        "state": "CA",
        "postal_code": "94043",
    }
    known_bodies: dict[str, dict[str, Any]] = {
        "vm/buyback": {"item_id": "nothing", "min_amount": "9" * 1000},
        "vm/buyback/quote": {"item_ids": known.held[:50]},
        "vm/buyback/batch": {"item_ids": [f"nothing-{number}" for number in range(50)]},
        "vm/buy/init": {
            "user_id": "\U0001f0a1" * 255,
            "id": known.pack.public_id,
            "amount": known.pack.max_per_mint,
        },
        "vm/buy/status": {"session_id": "x"},
        "ship/quote": {"item_ids": known.held[:100], "destination": address | {"country": "US"}},
        "ship/request": {"quote_id": "quote_x_rate_y"},
        "sandbox/clock": {"now": "x"},
    }
    return known_bodies.get(route, {})


def _bodies(valid: dict[str, Any]) -> dict[str, bytes]:
    """The valid body, extended to 64 KiB of the most expensive JSON."""

    def filled(one: str, fill: str, between: str = ",") -> bytes:
        inside = json.dumps(valid)[1:-1]
        start = f"{{{inside}{',' if inside else ''}{one}"
        count = (BODY - len(start) - 16) // (len(fill.encode()) + len(between))
        end = "]}" if one.endswith("[") else '"}' if one.endswith('"') else "}"
        return (start + between.join([fill] * count) + end).encode()

    keys = ",".join(
        f'"address{number}":1' for number in range((BODY - len(json.dumps(valid)) - 16) // 16)
    )
    inside = json.dumps(valid)[1:-1]
    return {
        "as it should be": json.dumps(valid).encode(),
        "many keys": (f"{{{inside}{',' if inside else ''}{keys}}}").encode()[:BODY],
        "many numbers": filled('"x":[', "1"),
        "many long numbers": filled('"x":[', "9" * 1000),
        "many fractions": filled('"x":[', "1e5"),
        "many objects": filled('"x":[', "{}"),
        "many small objects": filled('"x":[', '{"a":0}'),
        "nested objects": filled('"x":[', '{"a":' * 60 + "1" + "}" * 60),
        "a long text": filled('"x":"', "a", ""),
        "escapes": filled('"x":"', "\\u00e9", ""),
        "open brackets": b"[" * BODY,
        "not JSON": b"x" * BODY,
        "too large": b"[" * (BODY * 4),
        "long values": json.dumps(
            {name: "x" * (BODY // (len(valid) + 1)) for name in valid}
        ).encode(),
        "long ids": json.dumps(
            valid | {"item_ids": ["\u00e9" * 600] * 50}, ensure_ascii=False
        ).encode()[:BODY],
    }


def _destinations(valid: dict[str, Any]) -> dict[str, bytes]:
    """Addresses with many candidate corrections."""
    places = {
        "BR": "00000-000",
        "CN": "999999",
        "IT": "99999",
        "RU": "000000",
        "TH": "99999",
        "US": "00000",
    }
    sent = {
        f"an address in {country}": valid["destination"]
        | {"state": "zzzz", "postal_code": code, "country": country}
        for country, code in places.items()
    }
    return {
        what: json.dumps(valid | {"destination": address}).encode()
        for what, address in sent.items()
    }


# --- pages ----------------------------------------------------------------------------------------


def of_nobody(known: Known) -> Iterator[Probe]:
    """Requests without key or login."""
    paths = {
        "/healthz": "/healthz",
        "/livez": "/livez",
        "/readyz": "/readyz",
        "/login/": "/login/",
        "/api/schema": "/api/schema",
        "/api/docs": "/api/docs",
        "/faces/back.svg": "/faces/back.svg",
        "a face of a long card": f"/faces/{quote(known.card, safe='')}.svg",
        "a face of nothing": f"/faces/{'x' * LONG}.svg",
        "an invitation": f"/account/invitation/{'x' * LONG}/",
        "no page": f"/{'x/' * (LONG // 2)}",
        "no page in percent signs": f"/{'%C3%A9' * (LONG // 6)}",
        "a static file": f"/static/{'x' * LONG}",
        "a static file above": f"/static/{'../' * (LONG // 3)}",
        "the dashboard": f"/dashboard/live/users/{'9' * LONG}/",
        "the way back": f"/login/?next=/{'x' * LONG}",
    }
    for name, path in paths.items():
        yield Probe(f"GET {name}", "GET", path, BROWSER)
    for what, more in HEADERS.items():
        for path in ("/login/", "/api/docs", "/healthz"):
            yield Probe(f"GET {path}, {what}", "GET", path, BROWSER | more)
    for what, (kind, body) in forms().items():
        headers = BROWSER | {"Content-Type": kind, "Cookie": f"csrftoken={TOKEN}"}
        yield Probe(f"POST /login/, {what}", "POST", "/login/", headers, body)


def forms() -> dict[str, tuple[str, bytes]]:
    """The most expensive forms. None has a password, so none is hashed."""
    plain, parts = "application/x-www-form-urlencoded", "multipart/form-data; boundary=b"
    token = f"csrfmiddlewaretoken={TOKEN}"
    field = '--b\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
    file = '--b\r\nContent-Disposition: form-data; name="f{}"; filename="f"\r\n\r\nx\r\n'
    sent = field.format("csrfmiddlewaretoken", TOKEN)
    return {
        "a thousand fields": (
            plain,
            (token + "".join(f"&f{number}=1" for number in range(990))).encode(),
        ),
        "too many fields": (plain, (token + "&a" * (FORM // 2)).encode()),
        "a long field": (plain, f"{token}&login={'%C3%A9' * (FORM // 6)}".encode()),
        "a thousand parts": (
            parts,
            (sent + "".join(field.format(n, 1) for n in range(990)) + "--b--\r\n").encode(),
        ),
        "too many parts": (
            parts,
            (sent + "".join(field.format(n, 1) for n in range(20_000)) + "--b--\r\n").encode(),
        ),
        "many files": (
            parts,
            (sent + "".join(file.format(n) for n in range(99)) + "--b--\r\n").encode(),
        ),
        "no end": (parts, (sent + field.format("x", "-" * FORM)).encode()),
        "line breaks": (parts, (sent + field.format("x", "\r\n-" * (FORM // 3))).encode()),
        "a long boundary": (parts + "b" * LONG, sent.encode() * 1000),
    }


# Queries of the dashboard's lists, by the names of their parameters.
FILTERS: dict[str, Iterable[str]] = {
    "users": ("q", "sort", "after"),
    "expiring": ("within", "user", "pack", "least", "most", "after", "before"),
    "buybacks": (
        "state",
        "when",
        "from",
        "to",
        "min",
        "max",
        "user",
        "pack",
        "by",
        "after",
        "before",
    ),
    "payouts": (
        "state",
        "when",
        "from",
        "to",
        "min",
        "max",
        "user",
        "pack",
        "by",
        "after",
        "before",
    ),
    "orders": ("state", "after", "before"),
    "requests": ("status", "key", "path", "request", "after", "before"),
    "audit": ("actor", "action", "target", "request", "after", "before"),
    "search": ("q",),
}
VALUES = {
    "long": "x" * LONG,
    "percent signs": "%25" * 255,
    "cards": "%F0%9F%82%A1" * 255,
    "dots": "%C4%B0" * 255,
    "a huge number": "9" * 4000,
    "a tiny number": "1e-999999",
    "an exponent": "1e999999999",
    "underscores": "_" * 255,
}


def of_the_dashboard(known: Known) -> Iterator[Probe]:
    """Every page, as an owner, and every filter of every list."""
    from benchmarks.measures import pages

    headers = BROWSER | {"Cookie": f"{known.owner}; csrftoken={TOKEN}"}
    for name, path in pages.addresses(known.database):
        if path:
            yield Probe(f"page {name}", "GET", path, headers)
    for name, parameters in FILTERS.items():
        for what, value in VALUES.items():
            if what == "long":
                for parameter in parameters:
                    yield Probe(
                        f"page {name}?{parameter}, {what}",
                        "GET",
                        f"/dashboard/live/{PLACES.get(name, name)}/?{parameter}={value}",
                        headers,
                    )
            else:
                query = "&".join(f"{parameter}={value}" for parameter in parameters)
                yield Probe(
                    f"page {name}, {what}",
                    "GET",
                    f"/dashboard/live/{PLACES.get(name, name)}/?{query}",
                    headers,
                )
    for pk in known.calls:
        yield Probe(
            f"page request {pk}", "GET", f"/dashboard/live/developers/requests/{pk}/", headers
        )
    for path in ("", "confirm/", "password/", "factors/", "sessions/"):
        yield Probe(f"page account/{path}", "GET", f"/account/{path}", headers)
    for what, (kind, body) in forms().items():
        yield Probe(
            f"POST a saved view, {what}",
            "POST",
            "/dashboard/live/views/",
            headers | {"Content-Type": kind},
            body,
        )


PLACES = {"requests": "developers/requests"}  # lists whose address differs from their name


def of_the_admin(known: Known) -> Iterator[Probe]:
    """Every list and row, as a superuser, and the most expensive queries of a list."""
    from benchmarks.measures import admin

    headers = BROWSER | {"Cookie": f"{known.admin}; csrftoken={TOKEN}"}
    for name, path in admin.addresses():
        if not path:
            continue
        yield Probe(f"admin {name}", "GET", path, headers)
        if name in (
            "inventory_item",
            "inventory_card",
            "buyback_buyback",
            "partners_event",
            "partners_partner",
        ):
            for what, query in {
                "all": "all=",
                "a long search": f"q={'x' * LONG}",
                "many words": f"q={'x+' * (LONG // 2)}",
                "an order of all": "o=" + "1." * (LONG // 2),
                "a page far away": "p=" + "9" * 4000,
                "many filters": "&".join(f"pk__in={number}" for number in range(990)),
                "a long filter": f"pk__in={'1,' * (LONG // 2)}1",
            }.items():
                yield Probe(f"admin {name}, {what}", "GET", f"{path}?{query}", headers)


def everything(known: Known) -> list[Probe]:
    """All probes."""
    makers = (of_the_api, of_nobody, of_the_dashboard, of_the_admin)
    return [probe for make in makers for probe in make(known)]
