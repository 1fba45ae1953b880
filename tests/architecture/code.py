"""The project's own files, parsed once, for the tests of its structure."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
APPS = ("config", "partners", "inventory", "buyback")
OURS = (*APPS, "templates", "static", "tests", "docs", "benchmarks", ".ci")
DOOR_PACKAGES = ("api", "dashboard", "admin")
# Packages and modules with these names are doors.
DOORS = {*DOOR_PACKAGES, "tasks", "pages", "management"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """One Python file: its dotted name, lines and tree."""

    name: str
    path: Path
    text: str
    tree: ast.Module

    def __str__(self) -> str:
        return self.name

    @property
    def parts(self) -> list[str]:
        return self.name.split(".")

    @property
    def is_door(self) -> bool:
        """API, dashboard, admin, tasks, public pages and commands."""
        return not DOORS.isdisjoint(self.parts[1:])

    def functions(self) -> Iterator[Function]:
        return (node for node in ast.walk(self.tree) if isinstance(node, Function))

    def imports(self) -> Iterator[str]:
        """Dotted names of all imports, also inside functions."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.module
                yield from (f"{node.module}.{alias.name}" for alias in node.names)


def files(*folders: str) -> list[Path]:
    """Our files below these folders; without arguments all of them."""
    found = [
        path for folder in folders or OURS for path in (ROOT / folder).rglob("*") if path.is_file()
    ]
    if not folders:
        found += [
            path
            for path in ROOT.iterdir()
            if path.is_file() and path.name not in (".env", ".git", ".venv.lock")
        ]
    return sorted(path for path in found if "__pycache__" not in path.parts)


@cache
def modules(*folders: str) -> list[Module]:
    """Our Python files below these folders, except generated migrations."""
    found = []
    for path in files(*folders):
        if path.suffix == ".py" and "migrations" not in path.parts:
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            text = path.read_text(encoding="utf-8")
            found.append(Module(name.removesuffix(".__init__"), path, text, ast.parse(text)))
    return found


def length(node: Function) -> int:
    """Lines of a function from ``def`` to its end, without its docstring."""
    end = node.end_lineno or node.lineno
    first = node.body[0]
    docstring = ast.get_docstring(node, clean=False)
    return (
        end
        - node.lineno
        + 1
        - ((first.end_lineno or 0) - first.lineno + 1 if docstring is not None else 0)
    )
