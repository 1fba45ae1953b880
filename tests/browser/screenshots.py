"""Screenshots of the dashboard and the admin.

``python -m tests.browser.screenshots`` renders the ten of ``album.KEPT`` into
``docs/screenshots/``. With ``--all FOLDER`` it also renders every other page, in each look, into
FOLDER, which stays outside of git: ``var/screenshots``. ``--admin`` renders the admin's pages only.

Starts a separate server with the demo world in a temporary folder. A page whose address needs more
than the mode has a line in ``rows``. Targets of forms (``tests/dashboard/test_roles.py``) and
downloads are left out. Every other page is included automatically.
"""

from __future__ import annotations

import atexit
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.album import ROOT, Album, Shot

if TYPE_CHECKING:
    from partners.models import Environment

PORT = os.environ.get("PORT", "8190")
URL = f"http://127.0.0.1:{PORT}"
READY = 900  # seconds for creating the demo data
PATIENCE = 120_000  # milliseconds that a page may take on a busy machine
WORLD = ("--cards", "1200", "--users", "60")  # large enough for every list to have a second page
# name → (light or dark, width)
LOOKS = {"light": ("light", 1280), "dark": ("dark", 1280), "390": ("light", 390)}
FILES = ("csv", "results")  # suffixes of addresses that are downloads
FIND = {"search": "?q=am"}
# Account pages, most of them django-allauth's.
OWN = {
    "factors": "factors/",
    "authenticator": "factors/totp/activate/",
    "passkey": "factors/webauthn/add/",
    "sessions": "sessions/",
    "password": "password/",
    "confirm": "confirm/",
}


def rows() -> dict[str, Callable[[Environment], list[Any]]]:
    """Example rows for the addresses that need more than the mode."""
    from buyback.models import Buyback, Payout, Statement
    from inventory.models import Item
    from partners.models import ApiCall, ApiKey, Membership

    def held(here: Environment) -> Any:
        return Item.objects.of(here).held().filter(expires_at=None).order_by("pk")[0]

    return {
        "holdings": lambda here: [held(here).collector_id],
        "user_history": lambda here: [held(here).collector_id],
        "item": lambda here: [held(here).pk],
        "sell": lambda here: [held(here).pk],
        "buyback": lambda here: [Buyback.objects.of(here)[0].pk],
        "outcome": lambda here: [Payout.objects.of(here)[0].buyback.item_id],
        "bulk_sale": lambda here: [bulk_sale(here)],
        "order": lambda here: [shipped(here)],
        "request": lambda here: [ApiCall.objects.of(here).filter(method="POST")[0].pk],
        "rotate": lambda here: [ApiKey.objects.filter(environment=here)[0].pk],
        "revoke": lambda here: [ApiKey.objects.filter(environment=here)[0].pk],
        "teammate": lambda here: [
            Membership.objects.filter(partner=here.partner).order_by("pk")[0].pk
        ],
        "payout": lambda here: [Payout.objects.of(here)[0].pk],
        "statement": lambda here: [Statement.objects.of(here)[0].day],
        "statement_print": lambda here: [Statement.objects.of(here)[0].day],
    }


def bulk_sale(here: Environment) -> Any:
    """A bulk sellback of three items that has just started."""
    from buyback.bulk import run
    from inventory.models import Item
    from partners.records.actor import SYSTEM

    items = Item.objects.of(here).held().filter(expires_at=None).order_by("-pk")[:3]
    chosen = [(item.pk, item.buyback_price) for item in items]
    return run.start(environment=here, token=uuid4(), chosen=chosen, by=SYSTEM, now=here.now()).pk


def shipped(here: Environment) -> Any:
    """The last of three orders in different states; this one is shipped."""
    from inventory.models import Item
    from inventory.shipping import fulfilment, orders, quotes
    from partners.records.actor import SYSTEM
    from tests.shipments import ADDRESS

    public_id = ""
    items = Item.objects.of(here).held().exclude(expires_at=None).order_by("-pk")[:6]
    for number in range(3):
        ids = [item.public_id for item in items[number : number + number + 1]]
        offer = quotes.quote(environment=here, item_ids=ids, destination=ADDRESS, by=SYSTEM)
        order = orders.place(
            environment=here, rate_id=f"{offer.pk}{orders.BETWEEN}insured", by=SYSTEM
        )
        for _ in range(number + 1):
            order = fulfilment.advance(order=order, by=SYSTEM, tracking_number="1Z999AA10123456784")
        public_id = order.public_id
    return public_id


def pages(here: Environment, *, lists_only: bool) -> Iterator[Shot]:
    """Every page of one environment. Raises SystemExit for one without an example row."""
    from django.urls import reverse

    from tests.dashboard.test_roles import NOBODY, TABLE

    known = rows()
    for name, door in TABLE.items():
        if door.post or door.roles == NOBODY or name.endswith(FILES) or (door.row and lists_only):
            continue
        if door.row and name not in known:
            raise SystemExit(f"tests/browser/screenshots.py: rows has no line for the page {name}")
        values = [here.mode, *(known[name](here) if door.row else [])]
        yield Shot(name, reverse(f"dashboard:{name}", args=values) + FIND.get(name, ""))


@contextmanager
def served() -> Iterator[None]:
    """Run the server with its demo data during the block."""
    folder = tempfile.mkdtemp()
    Path(folder).chmod(0o755)  # as root, the database runs as another user
    atexit.register(
        shutil.rmtree, folder, ignore_errors=True
    )  # last, after the database has stopped
    os.environ |= {"DATA_DIR": folder, "DJANGO_SETTINGS_MODULE": "config.settings", "PORT": PORT}
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    server = subprocess.Popen(
        [sys.executable, str(ROOT / "manage.py"), "up", "--port", PORT, *WORLD], cwd=ROOT
    )
    try:
        _wait(server)
        yield
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(60)


def _wait(server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + READY
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{URL}/login/", timeout=5):  # noqa: S310  (our own address)
                return
        except OSError:
            time.sleep(1)
    raise SystemExit("the server did not come up")


def newcomer(password: str) -> str:
    """The address of a new owner whose partner has no data yet."""
    from partners.people.team import add_member
    from partners.records.actor import SYSTEM
    from partners.tenants.onboarding import create_partner

    partner = create_partner(name="Quillmark", slug="quillmark", by=SYSTEM)
    add_member(
        partner=partner, email="owner@quillmark.example", role="owner", by=SYSTEM, password=password
    )
    return "owner@quillmark.example"


def back_office(here: Environment) -> list[Shot]:
    """The admin's pages: jobs and lists."""
    from django.contrib.admin import site
    from django.urls import reverse

    from buyback.models import Buyback, TreasuryControl
    from inventory.models import Item, Pack

    TreasuryControl.objects.get_or_create(defaults={"cap_per_sale": 500, "cap_per_hour": 10_000})
    held, sale, pack = (
        Item.objects.of(here).held()[0],
        Buyback.objects.of(here)[0],
        Pack.objects.all()[0],
    )
    pages = {
        "home": reverse("admin:index"),
        "packs": reverse("admin:inventory_pack_changelist"),
        "pack": reverse("admin:inventory_pack_change", args=[pack.pk]),
        "import": reverse("admin:inventory_card_import"),
        "begin": reverse("admin:partners_partner_add"),
        "partner": reverse("admin:partners_partner_change", args=[here.partner_id]),
        "sellbacks": reverse("admin:buyback_buyback_changelist"),
        "sellback": reverse("admin:buyback_buyback_change", args=[sale.pk]),
        "item": reverse("admin:inventory_item_change", args=[held.pk]),
        "guards": reverse("admin:buyback_treasurycontrol_change", args=[1]),
        "ledger": reverse("admin:buyback_transfer_changelist"),
        "audit": reverse("admin:partners_auditentry_changelist"),
    }
    for model in site._registry:
        about = model._meta
        pages[f"list-{about.model_name}"] = reverse(
            f"admin:{about.app_label}_{about.model_name}_changelist"
        )
    return [Shot(f"admin-{name}", path) for name, path in pages.items()]


def admins_cookie() -> Any:
    """The session of the demo's admin, bypassing the second factor."""
    from django.conf import settings
    from django.test import Client

    from buyback.demo import credentials
    from partners.models import User

    client = Client()
    client.force_login(User.objects.get(email=credentials.ADMIN))
    name = settings.SESSION_COOKIE_NAME
    return {"name": name, "value": client.cookies[name].value, "url": URL}


def shoot_admin(browser: Browser, album: Album, shots: list[Shot]) -> None:
    """Each page in each look."""
    cookie = admins_cookie()
    for look in LOOKS:
        with opened(browser, look) as page:
            page.context.add_cookies([cookie])
            for shot in album.wanted(shots, f"-{look}"):
                page.goto(URL + shot.path)
                album.keep(page, f"{shot.name}-{look}")


@contextmanager
def opened(browser: Browser, look: str) -> Iterator[Page]:
    """A page in a new browser context."""
    scheme, width = LOOKS[look]
    size = {"width": width, "height": 900}
    context = browser.new_context(color_scheme=scheme, viewport=size, reduced_motion="reduce")  # type: ignore[arg-type]
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    yield page
    context.close()


def shoot(
    browser: Browser,
    album: Album,
    login: tuple[str, str],
    shots: list[Shot],
    *,
    suffix: str,
    looks: list[str],
) -> None:
    """Sign in for each look and store all wanted pages."""
    for look in looks:
        preview = not suffix and album.folder(f"bulk_preview-{look}")
        wanted = album.wanted(shots, f"{suffix}-{look}")
        if not wanted and not preview:
            continue
        with opened(browser, look) as page:
            sign_in(page, album, login, "" if suffix else look)
            for shot in wanted:
                page.goto(URL + shot.path)
                album.keep(page, f"{shot.name}{suffix}-{look}")
            if preview:
                page.goto(f"{URL}/dashboard/live/expiring/")
                page.get_by_role("button", name=re.compile("^Sell back (all|the first)")).click()
                page.get_by_role(
                    "button", name=re.compile("^Sell back [0-9]+ items? for")
                ).wait_for()
                album.keep(page, f"bulk_preview-{look}")


def sign_in(page: Page, album: Album, login: tuple[str, str], look: str) -> None:
    """Sign in with the form. With a ``look``, store the form too."""
    page.goto(URL)
    if look:
        album.keep(page, f"login-{look}")
    page.get_by_label("E-mail address").fill(login[0])
    page.get_by_label("Password").fill(login[1])
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/live/")


def call(key: str, path: str, sent: Any = None) -> None:
    """Call the live API, whatever the response, so that the request log has it."""
    body = None if sent is None else json.dumps(sent).encode()
    headers = {"X-API-Key": key, "Content-Type": "application/json"}
    asked = urllib.request.Request(f"{URL}/api/v1/{path}", data=body, headers=headers)  # noqa: S310  (our own address)
    with suppress(urllib.error.HTTPError), urllib.request.urlopen(asked, timeout=60):  # noqa: S310
        pass


def ask_often(key: str, here: Environment) -> None:
    """A minute of typical calls by a shop's server, logged by the server itself."""
    from inventory.models import Item

    held = list(Item.objects.of(here).held().select_related("collector").order_by("pk")[:6])
    for item in held:
        call(key, f"inventory/{item.collector.user_id}")
        call(key, "vm/buyback/quote", {"item_ids": [item.public_id]})
    for path, sent in (
        ("vm/available", None),
        ("vm/buyback", {"item_id": "no-such-item"}),
        ("vm/recent-pulls", None),
    ):
        call(key, path, sent)
    time.sleep(3)  # the log is written once a second


def shoot_dashboard(
    browser: Browser, album: Album, here: Environment, login: dict[str, str]
) -> None:
    """Every page with data, in the sandbox, and empty; and the error pages."""
    full, lists = list(pages(here, lists_only=False)), list(pages(here, lists_only=True))
    error = [Shot("error", "/nowhere"), Shot("nothing-matches", "/dashboard/live/users/?q=nobody")]
    own = [Shot(f"account-{name}", f"/account/{path}") for name, path in OWN.items()]
    known, new = (
        (login["email"], login["password"]),
        (newcomer(login["password"]), login["password"]),
    )
    shoot(browser, album, known, [*full, *own, *error], suffix="", looks=list(LOOKS))
    controls = Shot("sandbox-clock", "/dashboard/sandbox/developers/sandbox/")
    sandbox = [Shot("sandbox", "/dashboard/sandbox/"), controls]
    shoot(browser, album, known, sandbox, suffix="-mode", looks=["light", "dark"])
    shoot(browser, album, new, lists, suffix="-empty", looks=["light"])


def main() -> None:
    """Render the screenshots and print the size of the folders."""
    parser = ArgumentParser(
        prog="python -m tests.browser.screenshots", description="Render screenshots."
    )
    parser.add_argument(
        "--all", metavar="FOLDER", type=Path, help="also render every other page, into FOLDER"
    )
    parser.add_argument("--admin", action="store_true", help="the admin's pages only")
    options = parser.parse_args()
    album = Album(options.all)
    folders = album.make_folders()
    render(album, admin_only=options.admin)
    for folder in folders:
        size = sum(file.stat().st_size for file in folder.iterdir())
        print(f"{len(list(folder.iterdir()))} files, {size / 1e6:.1f} MB in {folder}")


def render(album: Album, *, admin_only: bool) -> None:
    """Start the server, run its periodic tasks, and store the album's pages."""
    with served(), sync_playwright() as playwright:
        import django

        django.setup()
        from buyback.demo import credentials
        from buyback.exposure import snapshot
        from buyback.ledger.statements import close_statements
        from inventory.tallies import count_items
        from partners.models import Environment

        count_items()
        close_statements()
        snapshot.take()
        login = (credentials.read() or {})["logins"][0]
        here = Environment.objects.get(partner__name=login["partner"], mode="live")
        path = os.environ.get("CHROMIUM") or shutil.which("chromium")
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        if not admin_only:
            known = (credentials.read() or {})["api_keys"]
            ask_often(next(one["key"] for one in known if one["mode"] == "live"), here)
            shoot_dashboard(browser, album, here, login)
        shoot_admin(browser, album, back_office(here))
        browser.close()


if __name__ == "__main__":
    main()
