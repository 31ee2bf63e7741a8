"""Reading `done`: the tests that count what happened in the history."""

from typing import Any

from service.playbook.diagnostics import did_you_mean
from service.playbook.durations import read_duration
from service.playbook.rules import Done, Ref
from service.playbook.scope import Path, Scope, as_list, as_ref
from service.playbook.vocabulary import INBOUND_OUTCOMES, OUTBOUND_OUTCOMES


def read_done(data: dict[str, Any], path: Path, scope: Scope) -> Done | None:
    """The test at a path, or None after noting what is wrong with it."""
    before = len(scope.diagnostics)
    direction = data.get("direction", "outbound")
    words = {key: _words(data.get(key)) for key in ("action", "channel", "outcome", "template")}
    _check_words(words, direction, path, scope)
    at_most = _count(data.get("at_most"), (*path, "at_most"), scope)
    at_least = _count(data.get("at_least"), (*path, "at_least"), scope)
    within = _within(data.get("within"), (*path, "within"), scope)
    if len(scope.diagnostics) > before:
        scope.complete = False
        return None
    if at_least is None:
        at_least = 1 if at_most is None else 0
    since = data.get("since", "first_touch")
    place = scope.document.key_place(path)
    return Done(
        **words,
        direction=direction,
        within=within,
        since=since,
        at_least=at_least,
        at_most=at_most,
        place=place,
    )


def _words(data: object) -> tuple[str, ...]:
    return tuple(str(word) for word in as_list(data))


def _check_words(
    words: dict[str, tuple[str, ...]], direction: str, path: Path, scope: Scope
) -> None:
    for action in words["action"]:
        if action not in scope.actions:
            scope.unknown("action", action, (*path, "action"), scope.actions)
    for template in words["template"]:
        if template not in scope.templates:
            scope.unknown("template", template, (*path, "template"), scope.templates)
    outcomes = OUTBOUND_OUTCOMES if direction == "outbound" else INBOUND_OUTCOMES
    for outcome in words["outcome"]:
        if outcome not in outcomes:
            scope.report(
                "value-not-allowed",
                f"no {direction} touch has the outcome `{outcome}`",
                (*path, "outcome"),
                "add `direction: inbound`"
                if direction == "outbound" and outcome in INBOUND_OUTCOMES
                else did_you_mean(outcome, outcomes),
            )


def _count(value: Any, path: Path, scope: Scope) -> int | None:  # noqa: ANN401
    """A whole number, or the parameter that holds one."""
    ref = as_ref(value)
    if ref is None:
        return value  # type: ignore[no-any-return]  # the shape allows integers only
    parameter = scope.parameters.get(ref.name)
    if parameter is None:
        _not_a_parameter(ref, path, scope)
        return None
    return parameter.value


def _within(value: object, path: Path, scope: Scope) -> int | None:
    if value is None:
        return None
    duration = read_duration(value)
    if duration is None:
        _report_within(path, scope)
        return None
    amount, unit = duration.amount, duration.unit
    if isinstance(amount, Ref):
        parameter = scope.parameters.get(amount.name)
        if parameter is None:
            _not_a_parameter(amount, path, scope)
            return None
        amount, unit = parameter.value, unit or "days"
    if unit != "days":
        _report_within(path, scope)
        return None
    return amount


def _report_within(path: Path, scope: Scope) -> None:
    scope.report(
        "bad-duration",
        "`within` is a number of days",
        path,
        "for example `within: 30 days`, or a parameter: `within: $patience`",
    )


def _not_a_parameter(ref: Ref, path: Path, scope: Scope) -> None:
    scope.report(
        "unknown-parameter",
        f"`${ref.name}` is not a parameter of this playbook",
        path,
        did_you_mean(ref.name, scope.parameters),
    )
