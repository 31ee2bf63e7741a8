"""From a document of the right shape to a `Playbook`, or to what keeps it from being one."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from service.playbook.diagnostics import Diagnostic
from service.playbook.meaning.conclusion_types import declare_conclusions
from service.playbook.meaning.declarations import read_actions, read_facts, read_parameters
from service.playbook.meaning.loose_ends import (
    check_claims,
    check_commas,
    check_names,
    check_parameters,
)
from service.playbook.meaning.meanings import read_conclude, read_table
from service.playbook.meaning.scope import Path, Scope
from service.playbook.meaning.steps import read_play, read_step
from service.playbook.meaning.windows import BUILT_IN_WINDOWS, read_window
from service.playbook.rules import (
    Conclude,
    NeverSay,
    Play,
    Playbook,
    Scalar,
    Step,
    Table,
    Template,
    Window,
)
from service.playbook.text.document import Document
from service.playbook.text.source import MAX_DIAGNOSTICS
from service.playbook.vocabulary import ACTIONS, STANDARD_FACTS

#: Sections in which nothing is named that another section refers to.
_NAMELESS = frozenset(
    {"playbook", "title", "about", "claims", "exits", "plays", "otherwise", "never_say", "examples"}
)


@dataclass(frozen=True)
class Built:
    """What became of a document.

    `playbook` is None unless every part could be built; then `sketch` has the facts and, of
    the rules whose conditions could be read, the conditions.
    """

    playbook: Playbook | None
    sketch: Playbook | None
    diagnostics: tuple[Diagnostic, ...]


def build(document: Document, broken: Collection[Path] = ()) -> Built:
    """The playbook a document holds, and what its parts have wrong.

    What lies at `broken` paths is passed over. Misshapen examples do not keep a playbook from
    being built; it then leaves them out.
    """
    if len(broken) > MAX_DIAGNOSTICS:
        return Built(None, None, ())  # what else lies where a shape is wrong is not known
    data = document.data
    scope = Scope(document, broken, complete=all(path[:1] == ("examples",) for path in broken))
    scope.blind = any(len(path) == 1 and path[0] not in _NAMELESS for path in broken)
    scope.facts = dict(STANDARD_FACTS)
    scope.parameters = read_parameters(scope)
    defaults = read_facts(scope)
    scope.actions = {**ACTIONS, **read_actions(scope)}
    scope.templates = scope.names("templates")
    scope.windows = (*BUILT_IN_WINDOWS, *scope.names("windows"))
    declare_conclusions(scope)
    check_names(data, scope)
    playbook = _assemble(data, scope, defaults)
    sketch = None if playbook else _sketch(scope, defaults)
    return Built(playbook, sketch, scope.found())


def _assemble(data: dict[str, Any], scope: Scope, defaults: dict[str, Scalar]) -> Playbook | None:
    conclusions = [read_conclude(item, path, scope) for path, item in scope.items("conclude")]
    tables = [read_table(item, path, scope) for path, item in scope.items("tables")]
    plays = _read_plays(scope)
    otherwise = _read_otherwise(data, scope)
    templates = _read_templates(scope)
    windows = _read_windows(scope)
    never_say = _read_never_say(scope)
    check_claims(data, scope)
    check_parameters(data, scope)
    check_commas(data, scope)
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
        actions={name: item["title"] for name, item in scope.entries("actions")},
        never_say=never_say,
        examples=tuple(item for path, item in scope.items("examples") if scope.is_sound(path)),
    )


def _sketch(scope: Scope, defaults: dict[str, Scalar]) -> Playbook:
    return Playbook(
        name="",
        title="",
        about="",
        claims={},
        parameters=scope.parameters,
        facts=scope.facts,
        defaults=dict(defaults),
        conclusions=tuple(rule for rule in scope.sketches if isinstance(rule, Conclude)),
        tables=(),
        plays=tuple(rule for rule in scope.sketches if isinstance(rule, Play)),
        otherwise=None,
        templates={},
        windows={},
        actions={},
    )


def _read_plays(scope: Scope) -> tuple[Play, ...]:
    found = [
        read_play(item, path, scope, is_exit=section == "exits")
        for section in ("exits", "plays")
        for path, item in scope.items(section)
    ]
    plays = [play for play in found if play is not None]
    return tuple(sorted(plays, key=lambda play: (not play.is_exit, -play.priority)))


def _read_otherwise(data: dict[str, Any], scope: Scope) -> Step | None:
    written = scope.piece(data, "otherwise", ())
    if written is None:
        return None
    return read_step(written, ("otherwise",), scope, written.get("because", ""))


def _read_templates(scope: Scope) -> dict[str, Template]:
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
        for name, item in scope.entries("templates")
    }


def _read_never_say(scope: Scope) -> tuple[NeverSay, ...]:
    return tuple(
        NeverSay(phrase, group["because"])
        for path, group in scope.items("never_say")
        if scope.is_sound(path)
        for phrase in group["phrases"]
    )


def _read_windows(scope: Scope) -> dict[str, Window]:
    found: dict[str, Window] = {}
    for name, item in scope.entries("windows"):
        path: Path = ("windows", name)
        if name in BUILT_IN_WINDOWS:
            scope.report(
                "duplicate-name",
                f"`{name}` is a window that is always there",
                path,
                "choose another name",
                at_key=True,
            )
        window = read_window(name, item, path, scope)
        if window is not None:
            found[name] = window
    return found
