"""Reading `done`: the tests that count what happened in the history."""

from collections.abc import Iterator
from typing import Any

from service.playbook.diagnostics import did_you_mean
from service.playbook.meaning.durations import DAYS_A_WEEK, read_duration
from service.playbook.meaning.scope import Path, Scope, as_list, as_ref
from service.playbook.rules import Done, Ref
from service.playbook.vocabulary import INBOUND_OUTCOMES, OUTBOUND_OUTCOMES

_OUTCOMES: dict[str, tuple[str, ...]] = {
    "outbound": OUTBOUND_OUTCOMES,
    "inbound": INBOUND_OUTCOMES,
}

#: What may be misshapen in a `done` whose direction is known all the same.
_NO_DIRECTION = frozenset(
    {"action", "channel", "outcome", "template", "within", "since", "at_least", "at_most"}
)


def read_done(data: dict[str, Any], path: Path, scope: Scope) -> Done | None:
    """The test at a path, or None after noting what is wrong with it."""
    before = scope.noted
    direction = data.get("direction", "outbound")
    words = {key: _words(data.get(key)) for key in ("action", "channel", "outcome", "template")}
    _check_words(data, direction, path, scope)
    at_most = _count(scope.piece(data, "at_most", path), (*path, "at_most"), scope)
    at_least = _count(scope.piece(data, "at_least", path), (*path, "at_least"), scope)
    within = _within(scope.piece(data, "within", path), (*path, "within"), scope)
    if scope.noted > before or not scope.is_sound(path):
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


def _check_words(data: dict[str, Any], direction: str, path: Path, scope: Scope) -> None:
    for word, where in _written(data, "action", path, scope):
        if word not in scope.actions:
            scope.unknown("action", word, where, scope.actions)
    for word, where in _written(data, "template", path, scope):
        if word not in scope.templates:
            scope.unknown("template", word, where, scope.templates)
    if not scope.is_sound_but(path, _NO_DIRECTION):
        return  # the direction may be misspelt
    opposite = "inbound" if direction == "outbound" else "outbound"
    mine, other = _OUTCOMES[direction], _OUTCOMES[opposite]
    for word, where in _written(data, "outcome", path, scope):
        if word not in mine:
            scope.report(
                "value-not-allowed",
                f"nothing {direction} has the outcome `{word}`",
                where,
                f"add `direction: {opposite}`" if word in other else did_you_mean(word, mine),
            )


def _written(
    data: dict[str, Any], key: str, path: Path, scope: Scope
) -> Iterator[tuple[str, Path]]:
    """The words under a key, one or a list of them, each with its path."""
    value = scope.piece(data, key, path)
    if isinstance(value, list):
        words = ((str(word), (*path, key, i)) for i, word in enumerate(value))
        yield from ((word, where) for word, where in words if scope.is_readable(where))
    elif value is not None:
        yield str(value), (*path, key)


def _count(value: Any, path: Path, scope: Scope) -> int | None:  # noqa: ANN401
    """A whole number, or the parameter that holds one."""
    ref = as_ref(value)
    if ref is None:
        return value  # type: ignore[no-any-return]  # the shape allows integers only
    parameter = scope.parameter(ref.name, path)
    return None if parameter is None else parameter.value


def _within(value: object, path: Path, scope: Scope) -> int | None:
    if value is None:
        return None
    duration = read_duration(value)
    if duration is None:
        _report_within(path, scope)
        return None
    amount, unit = duration.amount, duration.unit
    if isinstance(amount, Ref):
        parameter = scope.parameter(amount.name, path)
        if parameter is None:
            return None
        if unit is None and parameter.unit not in ("", "days", "weeks"):
            message = f"`${amount.name}` counts {parameter.unit.replace('_', ' ')}, not days"
            hint = f"write `${amount.name} days` if you mean days, or name another parameter"
            scope.report("bad-duration", message, path, hint)
            return None
        in_weeks = unit is None and parameter.unit == "weeks"
        times = DAYS_A_WEEK if in_weeks else duration.times
        amount, unit = parameter.value * times, unit or "days"
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
