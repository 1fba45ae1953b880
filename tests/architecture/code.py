"""The project's own files, each read and parsed once for all tests that walk over them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
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

    @cached_property
    def nodes(self) -> list[ast.AST]:
        return list(ast.walk(self.tree))

    def functions(self) -> Iterator[Function]:
        return (node for node in self.nodes if isinstance(node, Function))

    @cached_property
    def imports(self) -> list[str]:
        """Dotted names of what the module imports, wherever it does so."""
        names = []
        for node in self.nodes:
            if isinstance(node, ast.Import):
                names += [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        return names


@cache
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
def text_of(path: Path) -> str:
    """What is in a file."""
    return path.read_text(encoding="utf-8", errors="replace")


@cache
def _parsed(path: Path) -> Module:
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    text = text_of(path)
    return Module(name.removesuffix(".__init__"), path, text, ast.parse(text))


def modules(*folders: str) -> list[Module]:
    """Every Python file below the folders but migrations, which are written by a command."""
    return [module for module in _all_modules(*folders) if "migrations" not in module.parts]


def migrations() -> list[Module]:
    """Every migration of the applications."""
    return [module for module in _all_modules(*APPS) if "migrations" in module.parts]


def _all_modules(*folders: str) -> list[Module]:
    return [_parsed(path) for path in files(*folders) if path.suffix == ".py"]


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
