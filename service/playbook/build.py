"""From a document of the right shape to a `Playbook`, or to what keeps it from being one."""

from collections.abc import Collection
from typing import Any

from service.playbook.declarations import (
    action_titles,
    read_actions,
    read_facts,
    read_parameters,
)
from service.playbook.diagnostics import Diagnostic
from service.playbook.document import Document
from service.playbook.loose_ends import check_claims, check_names, check_parameters
from service.playbook.meanings import declare_conclusions, read_conclude, read_table
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
from service.playbook.scope import Path, Scope
from service.playbook.steps import read_play, read_step
from service.playbook.vocabulary import ACTIONS, STANDARD_FACTS
from service.playbook.windows import BUILT_IN_WINDOWS, read_window


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
    parameters = read_parameters(data, scope)
    scope.parameters = parameters
    scope.facts = dict(STANDARD_FACTS)
    defaults = read_facts(data, scope)
    scope.actions = {**ACTIONS, **read_actions(data, scope)}
    scope.templates = data.get("templates") or {}
    scope.windows = {**BUILT_IN_WINDOWS, **dict.fromkeys(data.get("windows") or {})}
    declare_conclusions(data, scope)
    check_names(data, scope)
    playbook = _assemble(data, scope, defaults)
    return (playbook if scope.complete else None), tuple(scope.diagnostics)


def _assemble(data: dict[str, Any], scope: Scope, defaults: dict[str, Scalar]) -> Playbook | None:
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
    check_claims(data, scope)
    check_parameters(data, scope)
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
        actions=action_titles(data),
        never_say=_read_never_say(data, scope),
        examples=tuple(data.get("examples") or ()),
    )


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


def _read_never_say(data: dict[str, Any], scope: Scope) -> tuple[NeverSay, ...]:
    return tuple(
        NeverSay(phrase, group["because"])
        for i, group in enumerate(data.get("never_say") or ())
        if scope.is_sound(("never_say", i))
        for phrase in group["phrases"]
    )


def _read_windows(data: dict[str, Any], scope: Scope) -> dict[str, Window]:
    found: dict[str, Window] = {}
    for name, item in (data.get("windows") or {}).items():
        path: Path = ("windows", name)
        if not scope.is_sound(path):
            continue
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
