"""From a document of the right shape to a `Playbook`, or to what keeps it from being one."""

import re
from collections.abc import Collection
from typing import Any

from service.playbook.meanings import declare_conclusions, read_conclude, read_table
from service.playbook.diagnostics import Diagnostic
from service.playbook.document import Document
from service.playbook.rules import (
    Conclude,
    Parameter,
    Play,
    Playbook,
    Scalar,
    Step,
    Table,
    Template,
    Window,
)
from service.playbook.scope import Path, Scope, as_list, as_ref
from service.playbook.steps import read_play, read_step
from service.playbook.values import TYPE_WORDS, fits
from service.playbook.vocabulary import ACTIONS, RESERVED_ACTIONS, STANDARD_FACTS, Fact
from service.playbook.windows import BUILT_IN_WINDOWS, read_window

#: Words with a meaning of their own where a fact could stand.
RESERVED_FACTS = frozenset({"any", "all", "not", "done"})
_PARAMETER_READ = re.compile(r"(?:\$|\bparameters\.)([a-z][a-z0-9_]*)")
_CLAIM_CODES = re.compile(r"(?:[A-Z]\d{1,2}(?:, )?)+(?=\.)")


def build(
    document: Document, broken: Collection[Path] = ()
) -> tuple[Playbook | None, tuple[Diagnostic, ...]]:
    """The playbook a document holds, and what its parts have wrong.

    Parts at `broken` paths are passed over. The playbook is None unless every part could
    be built; references from steps to unknown templates and the like are reported but do
    not keep it from being built.
    """
    data = document.data
    scope = Scope(document, broken)
    if any(path[:1] in {(), ("facts",), ("parameters",)} for path in broken):
        return None, ()  # nothing that refers to facts could be judged fairly
    parameters = _read_parameters(data, scope)
    scope.parameters = parameters
    scope.facts = dict(STANDARD_FACTS)
    defaults = _read_facts(data, scope)
    scope.actions = {**ACTIONS, **_read_actions(data, scope)}
    scope.templates = data.get("templates") or {}
    scope.windows = {**BUILT_IN_WINDOWS, **dict.fromkeys(data.get("windows") or {})}
    declare_conclusions(data, scope)
    _check_names(data, scope)
    playbook = _assemble(data, scope, defaults)
    return (playbook if scope.complete else None), tuple(scope.diagnostics)


def _assemble(
    data: dict[str, Any], scope: Scope, defaults: dict[str, Scalar]
) -> Playbook | None:
    conclusions = [
        read_conclude(item, ("conclude", i), scope)
        for i, item in enumerate(data.get("conclude", ()))
        if scope.is_sound(("conclude", i))
    ]
    tables = [
        read_table(item, ("tables", i), scope)
        for i, item in enumerate(data.get("tables", ()))
        if scope.is_sound(("tables", i))
    ]
    plays = _read_plays(data, scope)
    otherwise = _read_otherwise(data, scope)
    templates = _read_templates(data, scope)
    windows = _read_windows(data, scope)
    _check_claims(data, scope)
    _check_parameters(data, scope)
    if not scope.complete:
        return None
    return Playbook(
        name=data["playbook"],
        title=data["title"],
        about=data["about"].strip(),
        claims=dict(data.get("claims") or {}),
        parameters=scope.parameters,
        facts=scope.facts,
        defaults=dict(defaults),
        conclusions=tuple(c for c in conclusions if isinstance(c, Conclude)),
        tables=tuple(t for t in tables if isinstance(t, Table)),
        plays=plays,
        otherwise=otherwise,
        templates=templates,
        windows={**BUILT_IN_WINDOWS, **windows},
        actions={name: title for name, title in _titles(data).items()},
        examples=tuple(data.get("examples") or ()),
    )


def _read_parameters(data: dict[str, Any], scope: Scope) -> dict[str, Parameter]:
    return {
        name: Parameter(
            name,
            item["value"],
            item.get("unit", ""),
            item["title"],
            scope.document.key_place(("parameters", name)),
        )
        for name, item in (data.get("parameters") or {}).items()
    }


def _read_facts(data: dict[str, Any], scope: Scope) -> dict[str, Scalar]:
    """Declare the playbook's own facts; gives the defaults, parameters resolved."""
    defaults: dict[str, Scalar] = {}
    for name, item in (data.get("facts") or {}).items():
        path: Path = ("facts", name)
        fact = _declared(name, item, path, scope)
        if fact is None:
            scope.complete = False
            continue
        scope.facts[name] = fact
        if item.get("default") is not None:
            _read_default(fact, item["default"], (*path, "default"), scope, defaults)
    return defaults


def _declared(name: str, item: dict[str, Any], path: Path, scope: Scope) -> Fact | None:
    standard = STANDARD_FACTS.get(name)
    if standard is not None:
        if standard.origin == "history" or set(item) - {"default", "title"}:
            what = "computed from the history" if standard.origin == "history" else "standard"
            scope.report(
                "duplicate-name",
                f"`{name}` is a fact that is {what} and keeps its meaning",
                path,
                "choose another name; a standard fact may only be given a `default`"
                if standard.origin == "history"
                else "leave only `default` here, or choose another name",
                at_key=True,
            )
            return None
        return standard
    if name in scope.parameters or name in RESERVED_FACTS:
        why = "a parameter" if name in scope.parameters else "a word of the language"
        scope.report("duplicate-name", f"`{name}` is {why} already", path,
                     "choose another name", at_key=True)
        return None
    return _own_fact(name, item, path, scope)


def _own_fact(name: str, item: dict[str, Any], path: Path, scope: Scope) -> Fact | None:
    type_, values = item.get("type"), tuple(item.get("values", ()))
    if type_ is None:
        scope.unknown("fact", name, path, STANDARD_FACTS, at_key=True)
        return None
    if (type_ == "choice") != bool(values):
        scope.report(
            "type-mismatch",
            f"`{name}` is {TYPE_WORDS[type_]}, so `values` "
            + ("is missing" if type_ == "choice" else "has no meaning"),
            path,
            "add `values: [low, high]` with its words"
            if type_ == "choice"
            else "leave `values` out, or write `type: choice`",
            at_key=True,
        )
        return None
    return Fact(name, type_, item["title"], values=values, ordered=item.get("ordered", False))


def _read_default(
    fact: Fact, written: object, path: Path, scope: Scope, defaults: dict[str, Scalar]
) -> None:
    ref = as_ref(written)
    value: object = written
    if ref is not None:
        if ref.name not in scope.parameters:
            scope.unknown("parameter", ref.name, path, scope.parameters)
            return
        value = scope.parameters[ref.name].value
    if fact.type == "list" or not fits(fact, value):
        scope.report("type-mismatch", f"`{fact.name}` is {TYPE_WORDS[fact.type]}, "
                     f"and its default `{written}` is not", path)
        scope.complete = False
        return
    if isinstance(value, bool | int | float | str):
        defaults[fact.name] = value


def _titles(data: dict[str, Any]) -> dict[str, str]:
    return {name: item["title"] for name, item in (data.get("actions") or {}).items()}


def _read_actions(data: dict[str, Any], scope: Scope) -> dict[str, str]:
    if not scope.is_sound(("actions",)):
        return dict.fromkeys(data.get("actions") or {}, "")
    for name in _titles(data):
        if name in RESERVED_ACTIONS or name in ACTIONS:
            scope.report("duplicate-name", f"`{name}` is a standard action already",
                         ("actions", name), "choose another name", at_key=True)
    return _titles(data)


def _read_plays(data: dict[str, Any], scope: Scope) -> tuple[Play, ...]:
    found = [
        read_play(item, (section, i), scope, is_exit=section == "exits")
        for section in ("exits", "plays")
        for i, item in enumerate(data.get(section, ()))
        if scope.is_sound((section, i))
    ]
    plays = [play for play in found if play is not None]
    return tuple(sorted(plays, key=lambda play: (not play.is_exit, -play.priority)))


def _read_otherwise(data: dict[str, Any], scope: Scope) -> Step | None:
    written = data.get("otherwise")
    if written is None or not scope.is_sound(("otherwise",)):
        return None
    return read_step(written, ("otherwise",), scope, written.get("because", ""))


def _read_templates(data: dict[str, Any], scope: Scope) -> dict[str, Template]:
    return {
        name: Template(
            name,
            item.get("subject"),
            item["body"].rstrip("\n"),
            item.get("limit"),
            scope.document.key_place(("templates", name)),
            scope.place(("templates", name, "subject")),
            scope.place(("templates", name, "body")),
        )
        for name, item in (data.get("templates") or {}).items()
        if scope.is_sound(("templates", name))
    }


def _read_windows(data: dict[str, Any], scope: Scope) -> dict[str, Window]:
    found: dict[str, Window] = {}
    for name, item in (data.get("windows") or {}).items():
        path: Path = ("windows", name)
        if not scope.is_sound(path):
            continue
        if name in BUILT_IN_WINDOWS:
            scope.report("duplicate-name", f"`{name}` is a window that is always there",
                         path, "choose another name", at_key=True)
        window = read_window(name, item, path, scope)
        if window is not None:
            found[name] = window
    return found


def _check_names(data: dict[str, Any], scope: Scope) -> None:
    """Rules, tables and sequences are told apart by their names in every answer."""
    seen: dict[str, Path] = {}
    for section in ("conclude", "tables", "exits", "plays"):
        for i, item in enumerate(as_list(data.get(section))):
            if not isinstance(item, dict):
                continue
            for key in ("rule", "table", "sequence"):
                name = item.get(key)
                if not isinstance(name, str):
                    continue
                path: Path = (section, i, key)
                if name in seen:
                    first = scope.place(seen[name]).line
                    scope.report("duplicate-name", f"`{name}` names another rule already, "
                                 f"in line {first}", path, "give each rule a name of its own")
                seen.setdefault(name, path)


def _check_claims(data: dict[str, Any], scope: Scope) -> None:
    """Where a playbook says what it claims, rules and claims must hold together."""
    claims = data.get("claims")
    if not claims or not scope.is_sound(("claims",)):
        return
    used: set[str] = set()
    for path, text in _reasons(data):
        match = _CLAIM_CODES.match(text)
        for code in match.group().split(", ") if match else ():
            used.add(code)
            if code not in claims:
                scope.unknown("claim", code, path, claims)
    for code in claims:
        if code not in used:
            scope.report("unused-claim", f"no `because` carries the claim `{code}`",
                         ("claims", code), "begin the `because` of the rule that carries it "
                         f"with `{code}.`", at_key=True, severity="warning")


def _check_parameters(data: dict[str, Any], scope: Scope) -> None:
    """Every number at the top is there to be tuned; one that nothing reads misleads."""
    read = {
        name
        for _, text in _texts({k: v for k, v in data.items() if k != "examples"})
        for name in _PARAMETER_READ.findall(text)
    }
    for name in scope.parameters:
        if name not in read:
            scope.report("unused-parameter", f"nothing reads the parameter `{name}`",
                         ("parameters", name), "use it, or take it out", at_key=True,
                         severity="warning")


def _reasons(data: dict[str, Any]) -> list[tuple[Path, str]]:
    """Every `because` of the playbook with its path."""
    rules = {key: value for key, value in data.items() if key != "examples"}
    return [(path, text) for path, text in _texts(rules) if path[-1] == "because"]


def _texts(data: object) -> list[tuple[Path, str]]:
    """Every text of a document with its path."""
    found: list[tuple[Path, str]] = []
    stack: list[tuple[Path, object]] = [((), data)]
    while stack:
        path, node = stack.pop()
        if isinstance(node, str):
            found.append((path, node))
        elif isinstance(node, dict):
            stack += [((*path, key), value) for key, value in node.items()]
        elif isinstance(node, list):
            stack += [((*path, i), value) for i, value in enumerate(node)]
    return found
