"""Reading what to do: steps, waits, plays and sequences."""

from collections.abc import Mapping
from typing import Any

from service.playbook.conditions import read_condition
from service.playbook.durations import Duration, read_duration
from service.playbook.rules import Play, Ref, Step, Wait, WaitUnit
from service.playbook.scope import Path, Scope, as_ref
from service.playbook.values import TYPE_WORDS
from service.playbook.vocabulary import RESERVED_ACTIONS

#: Channels that reach a person at that very moment keep business hours by default.
_HELD_TO_HOURS = frozenset({"phone", "voicemail", "text", "meeting"})
_UNIT_OF_PARAMETER: dict[str, WaitUnit] = {
    "hours": "hours",
    "days": "days",
    "business_days": "business_days",
}
#: What only a step has that contacts somebody.
_CONTACT = ("channel", "template")
#: What a sequence can say for all its steps.
_INHERITED = ("channel", "wait", "window")
#: The anchor of a wait that names none: the earlier step in a sequence, else the last touch.
DEFAULT_ANCHOR = "previous_step"


def read_play(data: dict[str, Any], path: Path, scope: Scope, *, is_exit: bool) -> Play | None:
    """The play at a path: a rule with one step, or a sequence."""
    when = read_condition(data.get("when"), (*path, "when"), scope)
    is_sequence = "sequence" in data
    steps = _read_steps(data, path, scope) if is_sequence else _read_do(data, path, scope)
    if when is None or steps is None:
        scope.complete = False
        return None
    return Play(
        name=data["sequence"] if is_sequence else data["rule"],
        when=when,
        steps=steps,
        is_sequence=is_sequence,
        is_exit=is_exit,
        repeat=data.get("repeat", False),
        then=data.get("then", "next"),
        priority=data.get("priority", 0),
        because=data["because"],
        place=scope.place((*path, "sequence" if is_sequence else "rule")),
    )


def _read_do(data: dict[str, Any], path: Path, scope: Scope) -> tuple[Step, ...] | None:
    where = (*path, "do")
    do = {"action": data["do"]} if isinstance(data["do"], str) else data["do"]
    step = read_step(do, where, scope, data["because"])
    return None if step is None else (step,)


def _read_steps(data: dict[str, Any], path: Path, scope: Scope) -> tuple[Step, ...] | None:
    last = len(data["steps"]) - 1
    found = []
    for i, item in enumerate(data["steps"]):
        where = (*path, "steps", i)
        if i < last or data.get("repeat"):
            _check_can_be_done(item["action"], where, scope)
        inherited = {
            key: (*path, key)
            for key in _INHERITED
            if key in data and key not in item and key not in _never(item["action"])
        }
        defaults = {key: data[key] for key in inherited}
        found.append(read_step({**defaults, **item}, where, scope, data["because"], inherited))
    steps = tuple(step for step in found if step is not None)
    return steps if len(steps) == len(found) else None


def _check_can_be_done(action: str, path: Path, scope: Scope) -> None:
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
    _check_step(data, path, where, scope)
    wait = _read_wait(data["wait"], where["wait"], scope) if "wait" in data else None
    facts = tuple(data.get("facts", ()))
    for i, name in enumerate(facts):
        scope.fact(name, (*path, "facts", i))
    if "wait" in data and wait is None:
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
    action = data["action"]
    for kind, known in (
        ("action", scope.actions),
        ("template", scope.templates),
        ("window", scope.windows),
    ):
        name = data.get(kind)
        if name is not None and name not in known:
            scope.unknown(kind, name, where[kind], known)
    if "template" in data and "channel" not in data and action not in RESERVED_ACTIONS:
        scope.report(
            "missing-channel",
            f"the template `{data['template']}` has no channel to go out by",
            where["template"],
            "add a `channel`, for example `channel: email`",
        )
    _check_reserved(action, data, path, scope)


def _never(action: str) -> tuple[str, ...]:
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
    if action == "ask_for_data" and not data.get("facts"):
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


# ---- waits --------------------------------------------------------------------------


def _read_wait(data: object, path: Path, scope: Scope) -> Wait | None:
    place = scope.place(path)
    if isinstance(data, dict) and "until" in data:
        fact = _read_moment(data["until"], (*path, "until"), scope)
        return None if fact is None else Wait(0, "days", fact, place)
    written = data["for"] if isinstance(data, dict) else data
    where = (*path, "for") if isinstance(data, dict) else path
    duration = read_duration(written)
    if duration is None:
        scope.report(
            "bad-duration",
            f"`{written}` is not a length of time",
            where,
            "for example `7 days`, `3 business days`, `2 hours`, `$patience`",
        )
        return None
    unit = _unit_of(duration, where, scope)
    after = data.get("after", DEFAULT_ANCHOR) if isinstance(data, dict) else DEFAULT_ANCHOR
    anchor: str | Ref | None = after
    if as_ref(after):
        anchor = _read_moment(after, (*path, "after"), scope)
    if unit is None or anchor is None:
        return None
    amount = scope.constant(duration.amount)
    return Wait(amount if isinstance(amount, int) else duration.amount, unit, anchor, place)


def _unit_of(duration: Duration, path: Path, scope: Scope) -> WaitUnit | None:
    if not isinstance(duration.amount, Ref):
        return duration.unit
    name = duration.amount.name
    fact = scope.referred(name, path)
    if fact is None:
        return None
    if fact.type != "integer":
        scope.report(
            "type-mismatch",
            f"`${name}` is {TYPE_WORDS[fact.type]}, not a whole number to wait for",
            path,
            "to wait for a date or a moment, write `{until: $revisit_on}`"
            if fact.type in ("date", "instant")
            else "name a parameter, or a fact that is a whole number",
        )
        scope.complete = False
        return None
    parameter = scope.parameters.get(name)
    unit = duration.unit or (_UNIT_OF_PARAMETER.get(parameter.unit) if parameter else None)
    if unit is None:
        scope.report(
            "bad-duration",
            f"`${name}` does not say in which unit to wait",
            path,
            f"write `${name} days`, or give the parameter `unit: days`",
        )
    return unit


def _read_moment(data: object, path: Path, scope: Scope) -> Ref | None:
    """The fact that holds a moment to wait for."""
    ref = as_ref(data)
    if ref is None:
        scope.report(
            "type-mismatch",
            f"`{data}` is not the name of a date",
            path,
            "a fact that holds a date, for example `$revisit_on`",
        )
        return None
    fact = scope.referred(ref.name, path)
    if fact is None:
        return None
    if fact.type not in ("date", "instant"):
        scope.report(
            "type-mismatch",
            f"`${ref.name}` is neither a date nor a moment",
            path,
            "for example `$revisit_on` or `$next_meeting_at`",
        )
        return None
    return ref
