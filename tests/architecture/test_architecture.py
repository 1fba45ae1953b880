"""The project's rules that a machine can check: which way imports go, how long things get, and what
is not there. One test for each rule; it lists everything that breaks the rule.
"""

from __future__ import annotations

import ast
import re
import tomllib

from tests.architecture.code import (
    APPS,
    DOOR_PACKAGES,
    ROOT,
    Function,
    Module,
    files,
    length,
    migrations,
    modules,
    text_of,
)

# These compose the server and may name any application.
COMPOSERS = ("config.urls", "config.api", "config.dashboard", "config.management.commands.up")
LAYERS = ("config", "partners", "inventory", "buyback")
LONGEST_FUNCTION, LONGEST_VIEW, LONGEST_TASK, LONGEST_FILE, LONGEST_TEMPLATE = 60, 30, 12, 520, 150
FLAT_LISTS = {"config.settings": 700}  # no logic, and looked up by name
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


def importers() -> list[Module]:
    """The modules that the direction of imports binds."""
    return [module for module in modules(*APPS) if module.name not in COMPOSERS]


def test_it_imports_one_way() -> None:
    """buyback → inventory → partners → config."""
    found = [
        f"{module}: {name}"
        for module in importers()
        for name in module.imports
        if name.split(".")[0] in LAYERS[LAYERS.index(module.parts[0]) + 1 :]
    ]
    assert found == []


def test_it_imports_no_door_into_the_domain() -> None:
    """An action does not know who calls it."""
    doors = {module.name for module in modules(*APPS) if module.is_door}
    found = [
        f"{module}: {name}"
        for module in importers()
        for name in module.imports
        if not module.is_door and name in doors
    ]
    assert found == []


def test_it_imports_nothing_of_ours_into_a_migration() -> None:
    """The application changes; a migration must do the same for ever."""
    assert len(migrations()) > len(APPS)
    found = [
        f"{module}: {name}"
        for module in migrations()
        for name in module.imports
        if name.split(".")[0] in (*APPS, "tests")
    ]
    assert found == []


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


def test_it_keeps_functions_short() -> None:
    found = [
        f"{module}.{function.name}: {length(function)} lines"
        for module in modules(*APPS, "tests")
        for function in module.functions()
        if length(function) > cap(module, function)
    ]
    assert found == []


def test_it_keeps_files_short() -> None:
    lines = {str(module): module.text.count("\n") for module in modules(*APPS, "tests")}
    limits = {name: FLAT_LISTS.get(name, LONGEST_FILE) for name in lines}
    assert {name: number for name, number in lines.items() if number > limits[name]} == {}


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


def test_it_gives_every_application_the_same_doors() -> None:
    found = [
        f"{app} has no {door}"
        for app in APPS
        for door in DOOR_PACKAGES
        if app != "config" and not (ROOT / app / door / "__init__.py").exists()
    ]
    assert found == []


def test_it_uses_a_module_name_once() -> None:
    """A door and a model may have the name of their stage; two stages may not share one."""
    stages: dict[str, list[str]] = {}
    for app in APPS:
        for package, names in by_package(app).items():
            if {*DOOR_PACKAGES, "models", "management", "templatetags"}.isdisjoint(
                package.split("/")
            ):
                for name in names:
                    stages.setdefault(f"{app}: {name}", []).append(package)
    assert {name: packages for name, packages in stages.items() if len(packages) > 1} == {}


def test_it_keeps_templates_short() -> None:
    lines = {
        str(path.relative_to(ROOT)): text_of(path).count("\n")
        for path in files(*APPS, "templates")
        if path.suffix == ".html"
    }
    assert {name: number for name, number in lines.items() if number > LONGEST_TEMPLATE} == {}


def test_it_uses_no_signals() -> None:
    found = [
        f"{module}: {name}"
        for module in modules(*APPS)
        for name in module.imports
        if "signals" in name or name.startswith("django.dispatch")
    ]
    assert found == []


def test_it_names_things_for_what_they_are() -> None:
    found = [
        str(path.relative_to(ROOT))
        for path in files()
        if BANNED_NAMES.intersection((*path.relative_to(ROOT).parts[:-1], path.stem))
    ]
    assert found == []


def silent(module: Module) -> list[str]:
    """What of the module has no docstring and needs one."""
    explains = not module.is_door or "commands" in module.parts
    found = [
        f"{module}.{node.name}"
        for node in module.tree.body
        if isinstance(node, ast.ClassDef | Function)
        and explains
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    if module.tree.body and not ast.get_docstring(module.tree):
        found.append(str(module))
    return found


def test_it_says_what_everything_is_for() -> None:
    """Every module but an empty one; of models, actions and commands every public class and
    function as well.
    """
    assert [name for module in modules(*APPS) for name in silent(module)] == []


def test_it_says_why_each_dependency_is_here() -> None:
    text = text_of(ROOT / "pyproject.toml")
    project = tomllib.loads(text)
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    found = [
        dependency
        for dependency in wanted
        if not re.search(rf'^\s*"{re.escape(dependency)}",?\s*#\s+\S.{{8,}}', text, re.MULTILINE)
    ]
    assert found == []


def test_it_says_nothing_about_a_machine_and_leaves_nothing_for_later() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {pattern.pattern}"
        for path in files()
        if path.suffix in TEXT
        for pattern in FORBIDDEN
        if pattern.search(text_of(path))
    ]
    assert found == []


def test_it_leaves_out_no_test() -> None:
    """A test that does not run says nothing."""
    found = [
        f"{module}: {words}"
        for module in modules("tests")
        for words in LEFT_OUT.findall(module.text)
    ]
    assert found == []
