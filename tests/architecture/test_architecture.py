"""Rules of the code base that a machine can check: imports, sizes, forbidden constructs."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

from tests.architecture.code import (
    APPS,
    DOOR_PACKAGES,
    ROOT,
    Function,
    Module,
    files,
    length,
    modules,
)

# These compose the server and may name any application.
COMPOSERS = ("config.urls", "config.api", "config.dashboard", "config.management.commands.up")
LAYERS = ("config", "partners", "inventory", "buyback")
LONGEST_FUNCTION, LONGEST_VIEW, LONGEST_TASK, LONGEST_FILE, LONGEST_TEMPLATE = 60, 30, 12, 520, 150
MOST_MODULES = 16  # of one package
BANNED_NAMES = {"utils", "util", "helpers", "helper", "common", "services", "misc"}
# A letter in brackets, so that this file does not contain what it forbids.
FORBIDDEN = [
    re.compile(pattern)
    for pattern in (
        r"/[r]oot/",
        r"/[w]ork/",
        r"/[h]ome/\w",
        r"\b[T]ODO\b",
        r"\b[F]IXME\b",
        r"\b[X]XX\b",
    )
]
LEFT_OUT = re.compile(
    r"mark\.[s]kip|pytest\.[s]kip\(|mark\.[x]fail|pytest\.[x]fail\(|[i]mportorskip|unittest\.[s]kip"
)
TEXT = {
    ".py",
    ".html",
    ".css",
    ".js",
    ".sql",
    ".md",
    ".toml",
    ".txt",
    ".svg",
    ".yaml",
    ".yml",
    ".cfg",
    ".json",
    "",
}


def is_composer(module: Module) -> bool:
    return module.name in COMPOSERS


@pytest.mark.parametrize("module", modules(*APPS), ids=str)
def test_it_imports_one_way(module: Module) -> None:
    """buyback → inventory → partners → config."""
    if is_composer(module):
        return
    above = LAYERS[LAYERS.index(module.parts[0]) + 1 :]
    assert [name for name in module.imports() if name.split(".")[0] in above] == []


@pytest.mark.parametrize("module", [m for m in modules(*APPS) if not m.is_door], ids=str)
def test_it_imports_no_door_into_the_domain(module: Module) -> None:
    """An action does not depend on its callers."""
    if is_composer(module):
        return
    doors = {other.name for other in modules(*APPS) if other.is_door}
    assert doors.isdisjoint(module.imports())


def is_view(module: Module, function: Function) -> bool:
    """A dashboard's or page's function of a request, or a method of an API view."""
    arguments = [argument.arg for argument in function.args.args[:2]]
    return module.is_door and (
        arguments[:1] == ["request"] or function.name in ("get", "post", "act")
    )


def is_task(function: Function) -> bool:
    return any("shared_task" in ast.unparse(decorator) for decorator in function.decorator_list)


def cap(module: Module, function: Function) -> int:
    if is_task(function):
        return LONGEST_TASK
    return LONGEST_VIEW if is_view(module, function) else LONGEST_FUNCTION


@pytest.mark.parametrize("module", modules(*APPS, "tests"), ids=str)
def test_it_keeps_functions_short(module: Module) -> None:
    long = {f.name: length(f) for f in module.functions() if length(f) > cap(module, f)}
    assert long == {}


def test_it_keeps_files_short() -> None:
    long = {str(module): module.text.count("\n") for module in modules(*APPS, "tests")}
    assert {name: lines for name, lines in long.items() if lines > LONGEST_FILE} == {}


def by_package(*folders: str) -> dict[str, list[str]]:
    """The module names of each package."""
    packages: dict[str, list[str]] = {}
    for module in modules(*folders):
        if module.path.name != "__init__.py":
            packages.setdefault(str(module.path.parent.relative_to(ROOT)), []).append(
                module.path.stem
            )
    return packages


def test_it_keeps_packages_small() -> None:
    counts = {package: len(names) for package, names in by_package(*APPS, "benchmarks").items()}
    assert {package: number for package, number in counts.items() if number > MOST_MODULES} == {}


@pytest.mark.parametrize("app", [app for app in APPS if app != "config"])
def test_it_gives_every_application_the_same_doors(app: str) -> None:
    packages = {path.parent.name for path in (ROOT / app).glob("*/__init__.py")}
    assert set(DOOR_PACKAGES) <= packages


@pytest.mark.parametrize("app", APPS)
def test_it_uses_a_module_name_once(app: str) -> None:
    """A door and a model may share a name with their stage; two stages may not."""
    stages: dict[str, list[str]] = {}
    for package, names in by_package(app).items():
        if {*DOOR_PACKAGES, "models", "management", "templatetags"}.isdisjoint(package.split("/")):
            for name in names:
                stages.setdefault(name, []).append(package)
    assert {name: packages for name, packages in stages.items() if len(packages) > 1} == {}


def test_it_keeps_templates_short() -> None:
    templates = {path: path.read_text(encoding="utf-8").count("\n") for path in html()}
    assert {str(path): lines for path, lines in templates.items() if lines > LONGEST_TEMPLATE} == {}


def html() -> list[Path]:
    return [path for path in files(*APPS, "templates") if path.suffix == ".html"]


@pytest.mark.parametrize("module", modules(*APPS), ids=str)
def test_it_uses_no_signals(module: Module) -> None:
    assert [
        name for name in module.imports() if "signals" in name or name.startswith("django.dispatch")
    ] == []


def test_it_uses_proper_names() -> None:
    named = [part for path in files() for part in (*path.relative_to(ROOT).parts[:-1], path.stem)]
    assert BANNED_NAMES.isdisjoint(named)


@pytest.mark.parametrize("module", modules(*APPS), ids=str)
def test_it_has_docstrings(module: Module) -> None:
    """Every non-empty module has a docstring; in models, actions and commands everything public."""
    public = [
        node
        for node in module.tree.body
        if isinstance(node, ast.ClassDef | Function) and not node.name.startswith("_")
    ]
    explains = not module.is_door or "commands" in module.parts
    silent = [node.name for node in public if explains and not ast.get_docstring(node)]
    if module.tree.body and not ast.get_docstring(module.tree):
        silent.append(module.name)
    assert silent == []


def test_it_says_why_each_dependency_is_here() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    project = tomllib.loads(text)
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    for dependency in wanted:
        lines = [line for line in text.splitlines() if line.strip().startswith(f'"{dependency}"')]
        assert lines
        assert all(re.search(r"#\s+\S.{8,}", line) for line in lines), lines


def test_it_mentions_no_machine_and_no_open_tasks() -> None:
    found = []
    for path in files():
        if path.suffix in TEXT:
            text = path.read_text(encoding="utf-8", errors="replace")
            found += [f"{path.relative_to(ROOT)}: {p.pattern}" for p in FORBIDDEN if p.search(text)]
    assert found == []


@pytest.mark.parametrize("module", modules("tests"), ids=str)
def test_it_leaves_out_no_test(module: Module) -> None:
    """A skipped test proves nothing."""
    assert LEFT_OUT.findall(module.text) == []
