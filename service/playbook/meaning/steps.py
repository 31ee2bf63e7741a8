"""Reading what to do: steps, waits, plays and sequences."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from service.playbook.meaning.conditions import read_condition
from service.playbook.meaning.scope import Kind, Path, Scope
from service.playbook.meaning.waits import read_wait
from service.playbook.rules import Play, Step
from service.playbook.vocabulary import RESERVED_ACTIONS

#: Channels that reach a person at that very moment keep business hours by default.
_HELD_TO_HOURS = frozenset({"phone", "voicemail", "text", "meeting"})
#: What only a step has that contacts somebody.
_CONTACT = ("channel", "template")
#: What a sequence can say for all its steps.
_INHERITED = ("channel", "wait", "window")
#: What a play or a step can have besides a channel: nobody misspells a channel like that.
_NO_CHANNEL = frozenset(
    {"rule", "sequence", "when", "do", "steps", "then", "repeat", "priority", "because"}
    | {"action", "template", "wait", "window", "checklist", "facts"}
)


def read_play(data: dict[str, Any], path: Path, scope: Scope, *, is_exit: bool) -> Play | None:
    """The play at a path: a rule with one step, or a sequence."""
    when = read_condition(data.get("when"), (*path, "when"), scope)
    is_sequence = "sequence" in data or "steps" in data
    steps = _read_steps(data, path, scope) if is_sequence else _read_do(data, path, scope)
    if when is None:
        scope.complete = False
        return None
    kind = "sequence" if is_sequence else "rule"
    sketch = Play(
        name=str(data.get(kind, "")),
        when=when,
        steps=(),
        is_sequence=is_sequence,
        is_exit=is_exit,
        repeat=data.get("repeat", False),
        then=data.get("then", "next"),
        priority=data.get("priority", 0),
        because=data.get("because", ""),
        place=scope.place((*path, kind)),
    )
    if sketch.name == data.get(kind):
        scope.sketches.append(sketch)
    if steps is None or not scope.is_sound(path):
        scope.complete = False
        return None
    return replace(sketch, steps=steps)


def _read_do(data: dict[str, Any], path: Path, scope: Scope) -> tuple[Step, ...] | None:
    written = scope.piece(data, "do", path)
    if written is None:
        return None
    do = {"action": written} if isinstance(written, str) else written
    step = read_step(do, (*path, "do"), scope, data.get("because", ""))
    return None if step is None else (step,)


def _read_steps(data: dict[str, Any], path: Path, scope: Scope) -> tuple[Step, ...] | None:
    written = scope.piece(data, "steps", path) or []
    found = [_read_item(i, data, path, scope) for i in range(len(written))]
    steps = tuple(step for step in found if step is not None)
    return steps if written and len(steps) == len(found) else None


def _read_item(number: int, data: dict[str, Any], path: Path, scope: Scope) -> Step | None:
    """One step of the sequence at a path, with what it has from the sequence."""
    where, item = (*path, "steps", number), data["steps"][number]
    if not scope.is_readable(where):
        return None
    action = scope.piece(item, "action", where)
    if number < len(data["steps"]) - 1 or data.get("repeat"):
        _check_can_be_done(action, where, scope)
    inherited = {
        key: (*path, key)
        for key in _INHERITED
        if key in data and key not in item and key not in _never(action)
    }
    defaults = {key: data[key] for key in inherited}
    return read_step({**defaults, **item}, where, scope, data.get("because", ""), inherited)


def _check_can_be_done(action: object, path: Path, scope: Scope) -> None:
    """A sequence goes on when a step was done, and nobody reports having waited or stopped."""
    if action in RESERVED_ACTIONS:
        scope.report(
            "not-for-action",
            f"a sequence never gets past a step `{action}`",
            (*path, "action"),
            "give the next step a `wait` instead, for example `wait: 5 days`"
            if action == "wait"
            else "put it last, or make it a rule of its own above the sequence",
        )


def read_step(
    data: dict[str, Any],
    path: Path,
    scope: Scope,
    because: str,
    inherited: Mapping[str, Path] | None = None,
) -> Step | None:
    """One step; `because` is the reason of the play it belongs to, where it has none.

    `inherited` says where those of its parts were written that its sequence gives it.
    """
    where = {key: (*path, key) for key in data} | dict(inherited or {})
    channel = data.get("channel")
    readable = {key: value for key, value in data.items() if scope.is_readable(where[key])}
    _check_step(readable, path, where, scope)
    wait = read_wait(readable["wait"], where["wait"], scope) if "wait" in readable else None
    facts = tuple(readable.get("facts", ()))
    for i, name in enumerate(facts):
        if scope.is_readable((*path, "facts", i)):
            scope.fact(name, (*path, "facts", i))
    is_sound = all(map(scope.is_sound, (path, *where.values())))
    if ("wait" in data and wait is None) or not is_sound:
        scope.complete = False
        return None
    return Step(
        action=data["action"],
        channel=channel,
        template=data.get("template"),
        wait=wait,
        window=data.get("window", _default_window(channel)),
        checklist=tuple(data.get("checklist", ())),
        facts_needed=facts,
        because=data.get("because", because),
        place=scope.place(path),
    )


def _default_window(channel: str | None) -> str:
    return "business_hours" if channel in _HELD_TO_HOURS else "any_time"


def _check_step(data: dict[str, Any], path: Path, where: Mapping[str, Path], scope: Scope) -> None:
    action = data.get("action")
    used: tuple[tuple[Kind, Collection[str]], ...] = (
        ("action", scope.actions),
        ("template", scope.templates),
        ("window", scope.windows),
    )
    for kind, known in used:
        name = data.get(kind)
        if name is not None and name not in known:
            scope.unknown(kind, name, where[kind], known)
    contacts = "template" in data and action not in RESERVED_ACTIONS
    if contacts and "channel" not in data and _is_surely_missing(path, scope):
        scope.report(
            "missing-channel",
            f"the template `{data['template']}` has no channel to go out by",
            where["template"],
            "add a `channel`, for example `channel: email`",
        )
    if action is not None:
        _check_reserved(action, data, path, scope)


def _is_surely_missing(path: Path, scope: Scope) -> bool:
    """Whether a step has no channel that is misspelt, nor its sequence."""
    names = {
        bad[-1]
        for bad in scope.broken
        if bad and (bad[:-1] == path or bad[:-1] == path[:2]) and bad != path
    }
    return names <= _NO_CHANNEL


def _never(action: object) -> tuple[str, ...]:
    """What a step with this action cannot have."""
    if action == "stop":
        return (*_CONTACT, "wait", "window")
    return _CONTACT if action in RESERVED_ACTIONS else ()


def _check_reserved(action: str, data: dict[str, Any], path: Path, scope: Scope) -> None:
    """`wait`, `stop` and `ask_for_data` contact nobody, and only the last needs facts."""
    for key in _never(action):
        if key in data:
            why = "contacts nobody" if key in _CONTACT else "is final"
            scope.report(
                "not-for-action",
                f"`{action}` {why}, so it has no `{key}`",
                (*path, key),
                f"leave `{key}` out, or choose another action",
                at_key=True,
            )
    if action == "ask_for_data" and not data.get("facts") and scope.is_sound(path):
        scope.report(
            "facts-missing",
            "`ask_for_data` does not say which facts it asks for",
            path,
            "add `facts: [rapport]` with the facts needed",
        )
    if action != "ask_for_data" and "facts" in data:
        scope.report(
            "not-for-action",
            f"only `ask_for_data` has `facts`, not `{action}`",
            (*path, "facts"),
            "leave `facts` out",
            at_key=True,
        )
