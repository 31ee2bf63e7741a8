"""Reading the conditions of a playbook: from `when:` to typed tests.

Every function notes what is wrong in the scope and gives None for what cannot be built;
the shape was checked before, so only meaning is left to be judged here.
"""

import re
from collections.abc import Collection
from typing import Any

from service.playbook.diagnostics import did_you_mean
from service.playbook.meaning.done import read_done
from service.playbook.meaning.scope import Path, Scope, as_list, as_ref, as_written
from service.playbook.rules import ALWAYS, All, AnyOf, Condition, Not, Operator, Test
from service.playbook.text.slips import comparison, reference
from service.playbook.values import KIND_WORDS, fits, how_to_write
from service.playbook.vocabulary import CHANNELS, Fact

_ORDERINGS = ("at_least", "at_most", "more_than", "less_than")
_NUMERIC = ("integer", "number")


def read_condition(data: Any, path: Path, scope: Scope) -> Condition | None:  # noqa: ANN401
    """The condition at a path; no condition at all always holds."""
    if not scope.is_readable(path):
        return None
    if data is None:
        return ALWAYS
    parts = [_read_entry(key, value, (*path, key), scope) for key, value in data.items()]
    return _joined(parts)


def _joined(parts: list[Condition | None]) -> Condition | None:
    sound = [part for part in parts if part is not None]
    if len(sound) < len(parts):
        return None
    return sound[0] if len(sound) == 1 else All(tuple(sound))


def _read_entry(key: str, value: Any, path: Path, scope: Scope) -> Condition | None:  # noqa: ANN401
    if not scope.is_readable(path):
        return None
    if key in ("all", "any"):
        parts = [read_condition(part, (*path, i), scope) for i, part in enumerate(value)]
        sound = tuple(part for part in parts if part is not None)
        if len(sound) < len(parts):
            return None
        return AnyOf(sound) if key == "any" else All(sound)
    if key == "not":
        part = read_condition(value, path, scope)
        return None if part is None else Not(part)
    if key == "done":
        return read_done(value, path, scope)
    fact = scope.fact(key, path, at_key=True)
    return None if fact is None else read_test(fact, value, path, scope)


def read_test(fact: Fact, value: Any, path: Path, scope: Scope) -> Condition | None:  # noqa: ANN401
    """A test of one fact: a bare value, a list of values, `$name`, or operators."""
    if not scope.is_readable(path):
        return None
    if isinstance(value, dict):
        return _joined(
            [_read_operator(fact, key, item, (*path, key), scope) for key, item in value.items()]
        )
    return _read_operator(fact, "in" if isinstance(value, list) else "is", value, path, scope)


def _read_operator(
    fact: Fact,
    operator: str,
    value: Any,  # noqa: ANN401
    path: Path,
    scope: Scope,
) -> Condition | None:
    if not scope.is_readable(path):
        return None
    place = scope.place(path)
    match operator:
        case "not":
            part = read_test(fact, value, path, scope)
            return None if part is None else Not(part)
        case "between":
            low = _read_operator(fact, "at_least", value[0], (*path, 0), scope)
            high = _read_operator(fact, "at_most", value[1], (*path, 1), scope)
            return _joined([low, high])
        case "known":
            return Test(fact.name, "known", value, place)
        case "contains" | "empty":
            return _read_list_test(fact, operator, value, path, scope)
        case "in":
            return _read_in(fact, value, path, scope)
    if operator in _ORDERINGS and not _has_order(fact, path, scope):
        return None
    return _read_comparison(fact, operator, value, path, scope)


def _read_in(fact: Fact, values: list[Any], path: Path, scope: Scope) -> Condition | None:
    """One test where all the values are constants, else one for each value."""
    if any(as_ref(value) for value in values):
        tests = [_read_comparison(fact, "is", v, (*path, i), scope) for i, v in enumerate(values)]
        sound = tuple(test for test in tests if test is not None)
        return AnyOf(sound) if len(sound) == len(tests) else None
    fitting = [_is_comparable(fact, v, (*path, i), scope) for i, v in enumerate(values)]
    return Test(fact.name, "in", tuple(values), scope.place(path)) if all(fitting) else None


def _read_comparison(
    fact: Fact,
    operator: str,
    value: Any,  # noqa: ANN401
    path: Path,
    scope: Scope,
) -> Condition | None:
    if not scope.is_readable(path):
        return None
    place = scope.place(path)
    ref = as_ref(value)
    word: Operator = operator  # type: ignore[assignment]  # the shape allows no other words
    if ref is None:
        sound = _is_comparable(fact, value, path, scope)
        return Test(fact.name, word, value, place) if sound else None
    other = scope.referred(ref.name, path)
    if other is None:
        return None
    if not _are_comparable(fact, other):
        _report_incomparable(fact, ref.name, other, path, scope)
        return None
    return Test(fact.name, word, ref, place)


def _read_list_test(
    fact: Fact,
    operator: str,
    value: Any,  # noqa: ANN401
    path: Path,
    scope: Scope,
) -> Condition | None:
    if fact.type != "list":
        scope.report(
            "type-mismatch",
            f"`{operator}` is for lists, and `{fact.name}` is {KIND_WORDS[fact.type]}",
            path,
            "test it with `known`"
            if operator == "empty"
            else "write the value itself, or `in` with a list of values",
            at_key=True,
        )
        scope.complete = False
        return None
    place = scope.place(path)
    if operator == "empty":
        return Test(fact.name, "empty", value, place)
    places = [(*path, i) for i in range(len(value))] if isinstance(value, list) else [path]
    words = [str(item) for item in as_list(value)]
    fitting = [
        _may_be_in(fact, word, where, scope) for word, where in zip(words, places, strict=True)
    ]
    return Test(fact.name, "contains", tuple(words), place) if all(fitting) else None


def _may_be_in(fact: Fact, word: str, path: Path, scope: Scope) -> bool:
    if not scope.is_readable(path):
        return False
    known = CHANNELS if fact.name == "opted_out_channels" else fact.values
    if word.startswith("$"):
        scope.report(
            "type-mismatch",
            f"`contains` looks for words, and `{as_written(word)}` is a reference",
            path,
            "write the words themselves",
        )
    elif known and word not in known:
        _never_is(f"`{fact.name}` never contains `{as_written(word)}`", word, known, path, scope)
    else:
        return True
    scope.complete = False
    return False


def _has_order(fact: Fact, path: Path, scope: Scope) -> bool:
    ordered = fact.type in (*_NUMERIC, "date", "instant") or fact.ordered
    if not ordered:
        scope.report(
            "type-mismatch",
            f"`{fact.name}` has no order, so `{path[-1]}` says nothing about it",
            path,
            f"name the words that count: `{fact.name}: [...]`"
            if fact.type == "choice"
            else "compare with `is` or `in`",
            at_key=isinstance(path[-1], str),
        )
        scope.complete = False
    return ordered


def _are_comparable(fact: Fact, other: Fact) -> bool:
    if fact.type in _NUMERIC:
        return other.type in _NUMERIC
    return fact.type == other.type != "list" and fact.values == other.values


def _is_comparable(fact: Fact, value: object, path: Path, scope: Scope) -> bool:
    if not scope.is_readable(path):
        return False
    if fact.name == "last_action" and isinstance(value, str) and value not in scope.actions:
        scope.unknown("action", value, path, scope.actions)
        return False
    if fact.type != "list" and fits(fact, value):
        return True
    if fact.type == "choice" and isinstance(value, str):
        message = f"`{fact.name}` is never `{as_written(value)}`"
        _never_is(message, value, fact.values, path, scope, _slip(value, scope))
    else:
        _mismatch(fact, value, path, scope)
    return False


def _never_is(
    message: str, word: str, known: Collection[str], path: Path, scope: Scope, hint: str = ""
) -> None:
    hint = "" if scope.is_full else hint or did_you_mean(word, known)
    scope.report("value-not-allowed", message, path, hint or "write one of its words")
    scope.complete = False


def _mismatch(fact: Fact, value: object, path: Path, scope: Scope) -> None:
    written = as_written(value)
    if fact.type == "date" and re.fullmatch(r"\d{4}-\d{2}-\d{2}", written):
        message, hint = f"there is no day `{written}`", "correct the day or the month"
    elif fact.type == "list":
        message = f"`{fact.name}` is a list, and cannot be compared with `{written}`"
        hint = f"write `{fact.name}: {{contains: {written}}}`"
    else:
        message = f"`{fact.name}` is {KIND_WORDS[fact.type]}, and {_quoted(value)} is not"
        hint = (
            _slip(value, scope) or how_to_write(fact, value) or did_you_mean(written, fact.values)
        )
        if isinstance(value, bool) and set(fact.values) <= {"yes", "no"}:
            hint = "conclude `true` or `false`, not `yes` or `no`"
    scope.report("type-mismatch", message, path, hint)
    scope.complete = False


def _slip(value: object, scope: Scope) -> str:
    """How a value may have been meant that is a sign of comparison, or a name without `$`."""
    return comparison(value) or reference(value, {*scope.parameters, *scope.facts})


def _quoted(value: object) -> str:
    """The value as a message names it; a text that looks like something else in its quotes."""
    if isinstance(value, str) and re.fullmatch(r"true|false|-?\d+(\.\d+)?", value):
        return f'`"{value}"`'
    return f"`{as_written(value)}`"


def _report_incomparable(fact: Fact, name: str, other: Fact, path: Path, scope: Scope) -> None:
    kind, other_kind = KIND_WORDS[fact.type], KIND_WORDS[other.type]
    if kind == other_kind:
        message = f"`{fact.name}` and `${name}` do not have the same words"
        if fact.type == "list":
            message = f"`{fact.name}` and `${name}` are lists, which cannot be compared"
        hint = "compare it with a word of its own"
    else:
        message = f"`{fact.name}` is {kind}, and `${name}` is {other_kind}"
        hint = f"compare it with {kind}" if fact.type != "list" else how_to_write(fact, None)
    scope.report("type-mismatch", message, path, hint)
    scope.complete = False
