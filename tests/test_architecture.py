"""The rules that the source in service/ keeps, read from the source itself.

Imports go one way, each foreign package has its place, and modules stay small and named
after what they hold. `broken_rules` says what is broken; the planted cases below show that
it would notice.
"""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

SERVICE = Path(__file__).resolve().parents[1] / "service"

#: What of ours a part may import besides itself. The key is a folder or a module of service/.
MAY_IMPORT = {
    "shipped": set(),
    "settings": {"shipped"},
    "playbook": {"shipped"},
    "policy": {"shipped", "playbook"},
    "decision": {"shipped", "playbook", "policy"},
    "experiment": {"shipped", "playbook", "policy", "decision"},
    "store": {"shipped", "playbook", "policy", "decision", "experiment"},
    "web": {"shipped", "playbook", "policy", "decision", "experiment", "store"},
    "app": {"shipped", "settings", "playbook", "policy", "decision", "experiment", "store", "web"},
    "terminal": {
        *("shipped", "settings", "playbook", "policy", "decision", "experiment", "store"),
        *("web", "app"),
    },
    "__main__": {"terminal"},
}

#: The folders of service/store/: each may import those before it, and none after it.
STORE = ("sql", "access", "documents", "ledger", "in_force", "experiments", "privacy")

#: Where a package that is not ours may be imported: folders end in a slash.
MAY_BE_IMPORTED_BY = {
    "alembic": ("store/sql/migrations/",),
    "click": ("terminal/", "__main__.py"),
    "durable": ("decision/engine.py",),
    "durable_rules_engine": ("decision/engine.py",),
    "flask": ("web/", "app.py"),
    "gunicorn": ("web/server.py",),
    "holidays": ("decision/calendar.py",),
    "jsonschema": ("playbook/shape/schema.py",),
    "jsonschema_rs": ("web/requests.py",),
    "liquid": ("playbook/messages/templates.py", "playbook/messages/template_reading.py"),
    "orjson": (
        *("store/experiments/divergence.py", "store/ledger/minimised.py", "store/ledger/replay.py"),
        *("web/answers.py", "web/logs.py", "web/strict_json.py"),
    ),
    "phonenumbers": ("decision/places.py",),
    "prometheus_client": ("web/",),
    "psycopg": ("store/sql/postgresql.py",),
    "referencing": ("playbook/shape/schema.py",),
    "rich": ("terminal/",),
    "scipy": ("experiment/reading/",),
    "sqlalchemy": ("store/",),
    "statsmodels": ("experiment/reading/",),
    "structlog": ("web/logs.py",),
    "werkzeug": ("web/", "app.py"),
    "yaml": ("playbook/text/document.py",),
}

#: The same text and the same request give the same answer: no clock, no chance, no network.
PURE = ("playbook", "policy", "decision", "experiment")
IMPURE_MODULES = frozenset({"http", "random", "socket", "subprocess", "tempfile", "time", "urllib"})
IMPURE_CALLS = frozenset({"now", "utcnow", "today"})

NAMES_THAT_SAY_NOTHING = frozenset(
    {"base", "common", "core", "data", "handler", "handlers", "helper", "helpers", "info"}
    | {"manager", "managers", "misc", "processor", "processors", "util", "utils"}
)
LONGEST_MODULE = 300


@dataclass(frozen=True)
class Module:
    """One file of service/: `path` is relative to it, with slashes; `part` is its place there."""

    path: str
    text: str

    @property
    def part(self) -> str:
        return self.path.split("/")[0].removesuffix(".py")

    @property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.path)


def modules(root: Path) -> list[Module]:
    """All modules of a package, tests and caches not being any."""
    return [
        Module(path.relative_to(root).as_posix(), path.read_text(encoding="utf-8"))
        for path in sorted(root.rglob("*.py"))
    ]


def imports(module: Module) -> Iterator[tuple[int, str]]:
    """The line and the dotted name of all that a module imports, wherever in it."""
    for node in ast.walk(module.tree):
        match node:
            case ast.Import():
                yield from ((node.lineno, alias.name) for alias in node.names)
            case ast.ImportFrom(level=0, module=str(name)):
                whole = [f"{name}.{alias.name}" for alias in node.names]
                yield from ((node.lineno, name) for name in whole)
            case ast.ImportFrom():
                yield node.lineno, "(relative)"
            case ast.Call(func=ast.Name(id="__import__") | ast.Attribute(attr="import_module")):
                yield node.lineno, "(by name)"


def broken_import(module: Module, name: str) -> str | None:
    """Why a module may not import a dotted name; None where it may."""
    top, *rest = name.split(".")
    if top.startswith("("):
        return f"imports {name}: say what you import, in full"
    if top == "service":
        part = rest[0] if rest else "service"
        allowed = {module.part} | MAY_IMPORT.get(module.part, set())
        if part not in allowed:
            return f"{module.part} may not import service.{part}"
        return _broken_in_store(module.path.split("/"), rest)
    if top in sys.stdlib_module_names:
        impure = module.part in PURE and top in IMPURE_MODULES
        return f"imports {top}, and is pure" if impure else None
    places = MAY_BE_IMPORTED_BY.get(top, ())
    if any(module.path == place or _in_folder(module.path, place) for place in places):
        return None
    return f"imports {top}, which {' and '.join(places) or 'nobody'} may"


def _broken_in_store(path: list[str], imported: list[str]) -> str | None:
    """Why a folder of the store may not import another part of it; None where it may."""
    if path[0] != "store" or path[1] not in STORE:
        return None
    below = STORE[: STORE.index(path[1]) + 1]
    if imported[0] != "store" or set(imported[1:2]) & set(below):
        return None
    return f"store/{path[1]} may not import service.{'.'.join(imported[:2])}"


def _in_folder(path: str, place: str) -> bool:
    return place.endswith("/") and path.startswith(place)


def broken_statements(module: Module) -> Iterator[tuple[int, str]]:
    """Statements that have no business in the product."""
    for node in ast.walk(module.tree):
        match node:
            case ast.Assert():
                yield node.lineno, "asserts: `python -O` drops that; raise or do without"
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name) if name.startswith("test_"):
                yield node.lineno, f"defines {name}: tests live in tests/"
            case ast.Call(func=ast.Attribute(attr=attr)) if (
                attr in IMPURE_CALLS and module.part in PURE
            ):
                yield node.lineno, f"calls {attr}(), and is pure: the moment is an argument"


def broken_form(module: Module) -> Iterator[tuple[int, str]]:
    """What is wrong with a module as a whole."""
    if not ast.get_docstring(module.tree):
        yield 1, "has no docstring"
    lines = len(module.text.splitlines())
    if lines > LONGEST_MODULE:
        yield lines, f"has {lines} lines: more than {LONGEST_MODULE} are two modules"
    words = set(module.path.removesuffix(".py").replace("_", "/").split("/"))
    if unwanted := sorted(words & NAMES_THAT_SAY_NOTHING):
        yield 1, f"is called {unwanted[0]}, which says nothing"


def broken_rules(root: Path) -> list[str]:
    """Every rule broken in a package, as `path:line: what`."""
    broken = []
    for module in modules(root):
        refusals = ((line, broken_import(module, name)) for line, name in imports(module))
        faults = [(line, why) for line, why in refusals if why]
        faults += [*broken_statements(module), *broken_form(module)]
        broken += [f"{module.path}:{line}: {why}" for line, why in sorted(set(faults))]
    return broken


def test_service_keeps_the_rules() -> None:
    """No module of service/ breaks a rule."""
    found = modules(SERVICE)
    assert len(found) >= 10  # it looked at the real thing

    assert "\n".join(broken_rules(SERVICE)) == ""


def test_every_part_is_ruled() -> None:
    """A new folder or module at the top of service/, or of its store, has its place."""
    parts = {module.part for module in modules(SERVICE)} - {"__init__"}

    assert parts - set(MAY_IMPORT) == set()
    assert {folder.parent.name for folder in SERVICE.glob("store/*/__init__.py")} == set(STORE)


PLANTED = {
    "upward import": ("playbook/a.py", "import service.decision", "may not import service.dec"),
    "from upward": ("playbook/a.py", "from service import web", "may not import service.web"),
    "app is the end": ("web/a.py", "from service.app import create_app", "service.app"),
    "upward in the store": (
        "store/ledger/a.py",
        "from service.store.in_force.snapshot import Snapshot",
        "store/ledger may not import service.store.in_force",
    ),
    "the whole store": (
        "store/sql/a.py",
        "from service.store import store",
        "store/sql may not import service.store.store",
    ),
    "in a function": (
        "decision/a.py",
        "def f():\n    from service.store.in_force.playbooks import Playbooks",
        "a.py:3: decision may not import service.store",
    ),
    "for types only": (
        "playbook/a.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import flask",
        "a.py:4: imports flask, which web/ and app.py may",
    ),
    "relative": ("playbook/a.py", "from . import rules", "say what you import"),
    "by name": ("playbook/a.py", "__import__('flask')", "say what you import"),
    "importlib": ("web/a.py", "import importlib\nimportlib.import_module('x')", "say what you"),
    "flask": ("store/a.py", "import flask", "imports flask, which web/ and app.py may"),
    "durable": ("decision/a.py", "import durable.engine", "imports durable"),
    "yaml": ("playbook/a.py", "from yaml import CSafeLoader", "imports yaml"),
    "jsonschema": ("web/requests.py", "import jsonschema", "imports jsonschema"),
    "jsonschema_rs": ("playbook/shape/schema.py", "import jsonschema_rs", "imports jsonschema_rs"),
    "liquid": ("decision/message.py", "import liquid", "imports liquid"),
    "holidays": ("decision/timing.py", "import holidays", "imports holidays"),
    "orjson": ("decision/answer.py", "import orjson", "imports orjson"),
    "phonenumbers": ("decision/prospect.py", "import phonenumbers", "imports phonenumbers"),
    "a stranger": ("web/a.py", "import requests", "imports requests, which nobody may"),
    "similar folder": ("website/a.py", "import flask", "imports flask"),
    "clock": ("decision/a.py", "import time", "imports time, and is pure"),
    "now": ("decision/a.py", "import datetime as d\nd.datetime.now()", "a.py:3: calls now()"),
    "assert": ("web/a.py", "assert True", "a.py:2: asserts"),
    "a test": ("web/a.py", "def test_it(): ...", "defines test_it"),
    "bad name": ("web/url_utils.py", "", "is called utils"),
    "bad folder": ("common/a.py", "", "is called common"),
    "too long": ("web/a.py", "pass\n" * 300, "has 301 lines"),
}


@pytest.mark.parametrize("name", PLANTED)
def test_planted_violation_is_found(name: str, tmp_path: Path) -> None:
    """Each rule finds the module that breaks it, and only that."""
    path, text, expected = PLANTED[name]
    _write(tmp_path / path, f'"""It says."""\n{text}')
    _write(tmp_path / "web" / "sound.py", '"""Sound."""\nimport flask\nimport service.store\n')

    broken = broken_rules(tmp_path)

    assert [line for line in broken if expected in line] == broken
    assert len(broken) == 1


def test_missing_docstring_is_found(tmp_path: Path) -> None:
    """A module without a docstring breaks a rule, also an empty one."""
    _write(tmp_path / "web" / "__init__.py", "")

    assert broken_rules(tmp_path) == ["web/__init__.py:1: has no docstring"]


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
