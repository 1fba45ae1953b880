"""Reads settings from environment variables. Each error is one sentence.

Every function raises `ImproperlyConfigured`; `manage.py` turns that into one line and exit code 2.
"""

from __future__ import annotations

import codecs
import ipaddress
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

# A line of `.env`, and the way into a string that shows what is wrong with another.
LINE = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)", re.ASCII)
WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)  # UTF-32 starts with the same bytes
TRUE = ("1", "true", "yes", "on")
FALSE = ("0", "false", "no", "off")


def file_lines(path: Path) -> str:
    """The lines of an `.env` file as `NAME=value`, or "" without the file.

    Blanks around `=` and a byte order mark mean nothing. Any other line that sets nothing is an
    error: a setting that is silently ignored could start another database.
    """
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise ImproperlyConfigured(f"{path} cannot be read ({error.strerror}).") from error
    try:
        content = None if raw.startswith(WIDE) else raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        content = None
    if content is None or "\0" in content:
        raise ImproperlyConfigured(f"{path} is not UTF-8 text. Save it as UTF-8.")
    found = []
    for number, line in enumerate(content.splitlines(), 1):
        line = line.strip()  # noqa: PLW2901
        if not line or line.startswith("#"):
            continue
        setting = LINE.fullmatch(line)
        if setting is None:
            raise ImproperlyConfigured(f"{path}, line {number}, is not NAME=value.")
        found.append(f"{setting[1]}={setting[2]}")
    return "\n".join(found)


def text(name: str, default: str = "") -> str:
    """The value without surrounding blanks. An empty value counts as unset.

    Not read through django-environ, where a value that starts with `$` names another variable.
    """
    return os.environ.get(name, "").strip() or default


def flag(name: str, default: bool = False) -> bool:
    """True or false, and nothing else: `DEBUG=ture` must not silently mean false."""
    value = text(name).lower()
    if not value:
        return default
    if value in TRUE:
        return True
    if value in FALSE:
        return False
    raise ImproperlyConfigured(f"{name}={value!r} is neither true nor false.")


def whole(name: str, default: int, *, low: int, high: int) -> int:
    """A whole number within `low` and `high`, both included."""
    value = text(name)
    if not value:
        return default
    if not (value.isascii() and value.isdecimal()) or not low <= int(value) <= high:
        raise ImproperlyConfigured(f"{name}={value!r} is not a whole number from {low} to {high}.")
    return int(value)


def fraction(name: str, default: float, *, low: float, high: float) -> float:
    """A number within `low` and `high`, both included, such as `0.25`."""
    value = text(name)
    if not value:
        return default
    if (
        not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", value, re.ASCII)
        or not low <= float(value) <= high
    ):
        raise ImproperlyConfigured(f"{name}={value!r} is not a number from {low:g} to {high:g}.")
    return float(value)


def choice(name: str, default: str, allowed: tuple[str, ...]) -> str:
    """One of `allowed`."""
    value = text(name, default)
    if value not in allowed:
        raise ImproperlyConfigured(f"{name}={value!r} is not one of {', '.join(allowed)}.")
    return value


def path(name: str, default: str, taken: tuple[str, ...]) -> str:
    """A path of plain segments with a trailing slash, whose first segment is not in ``taken``."""
    value = text(name, default).removesuffix("/")
    if not re.fullmatch(r"/?[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*", value):
        raise ImproperlyConfigured(
            f"{name}={value!r} is not a path of letters, digits, - and _ such as back/office/."
        )
    value = value.removeprefix("/")
    if value.split("/")[0] in taken:
        raise ImproperlyConfigured(
            f"{name}={value!r} starts with a path that is already used: {', '.join(taken)}."
        )
    return f"{value}/"


def words(name: str, default: list[str]) -> list[str]:
    """A comma-separated list, without empty entries."""
    return [word.strip() for word in text(name).split(",") if word.strip()] or default


def countries(name: str, default: str) -> list[str]:
    """A comma-separated list of two-letter country codes. The default is separated by spaces."""
    value = words(name, default.split())
    if not all(re.fullmatch("[A-Z]{2}", code, re.ASCII) for code in value):
        raise ImproperlyConfigured(
            f"{name} is not a list of two-letter country codes such as US,CA."
        )
    return value


def address(name: str, schemes: tuple[str, ...]) -> str:
    """A URL of one of `schemes`, or "". Errors omit the value, which may contain a password."""
    value = text(name)
    if value and urlsplit(value).scheme not in schemes:
        raise ImproperlyConfigured(
            f"{name} is not a URL that starts with {' or '.join(f'{s}://' for s in schemes)}."
        )
    return value


def peer(name: str, *, tls: bool = True) -> str:
    """The base URL of a peer without a trailing slash, or "" if unset.

    With `tls`, a peer on another machine must have an https address.
    """
    value = address(name, ("https", "http")).rstrip("/")
    parts = urlsplit(value)
    try:
        usable = (
            bool((parts.hostname or "").encode("idna"))
            and parts.port != 0
            and value.isascii()
            and len(value) < 200
        )
    except ValueError:  # an overlong label or an invalid port
        usable = False
    if value and (not usable or "@" in parts.netloc or parts.query or parts.fragment):
        raise ImproperlyConfigured(f"{name} is not a plain base URL such as https://host/path.")
    if tls and parts.scheme == "http" and not is_local(parts.hostname or ""):
        raise ImproperlyConfigured(
            f"{name} is not encrypted. Use https, or set PEER_TLS=off to allow that."
        )
    return value


def signing_keys(name: str) -> str:
    """Keys that a peer and we sign with: one, or several separated by commas, the newest first."""
    value = text(name)
    if value and min(len(key.strip()) for key in value.split(",")) < 32:
        raise ImproperlyConfigured(f"{name}: a key must have at least 32 characters.")
    return value


def is_local(host: str) -> bool:
    """Whether nothing leaves the machine on the way to `host`: a socket's folder, or loopback."""
    if host.startswith(("/", "@")) or host in {"", "localhost"}:
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def parsed(name: str, parse: Callable[..., dict[str, Any]], value: str) -> dict[str, Any]:
    """`value`, parsed by one of django-environ's URL parsers, with readable errors."""
    try:
        return parse(value)
    except Exception as error:
        raise ImproperlyConfigured(f"{name} cannot be read: {type(error).__name__}.") from error


def make_data_dir(data_dir: Path) -> None:
    """Create the data folder, closed to other users, unless it exists. Raises OSError."""
    data_dir.parent.mkdir(parents=True, exist_ok=True)
    data_dir.mkdir(mode=0o750, exist_ok=True)


def unusable(data_dir: Path, error: OSError) -> ImproperlyConfigured:
    """The error for a data folder that cannot be created, read or written."""
    return ImproperlyConfigured(
        f"The data folder {data_dir} cannot be used ({error.strerror}); set DATA_DIR to a "
        "folder "
        "of your own."
    )
