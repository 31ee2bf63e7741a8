"""What a given fact could be instead: one value for each way in which the rules tell it apart."""

import math
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from functools import cache
from itertools import combinations

from service.decision.explanation import plain
from service.decision.prospect import Request
from service.decision.ready import Ready
from service.decision.weighing import is_group
from service.decision.whynot.openers import Openers
from service.playbook.rules import Ref
from service.playbook.ruleset import HOLDS, Cond
from service.playbook.strata import names_read
from service.playbook.values import LARGEST, SCALE, encode
from service.playbook.vocabulary import Fact

#: Any text, any item of a list, any zone: where the rules ask only whether there is one.
ANYTHING = "anything"
_ANY_ZONE = "UTC"
#: Of more words than these not every selection is tried, but each alone, and all.
_MOST_WORDS = 4
#: As far as a request may go: the years 1900 to 2999.
_DAYS = range(date(1900, 1, 1).toordinal(), date(3000, 1, 1).toordinal())
_ORDERED = frozenset({"integer", "number", "date", "instant"})


class Values:
    """The values to try for each given fact, as a request writes them; None: not known.

    They come from the constants that the rules compare the fact with, and stand beside them
    too, by one of the smallest steps of its type; from the value of the fact that it is
    compared with; and from `allowed`, what the contact policy would rather see. Of values that
    no rule tells apart there is one, the value that the request has is not among them.
    """

    def __init__(
        self, ready: Ready, request: Request, facts: Mapping[str, object], allowed: Openers
    ) -> None:
        self._ready, self._allowed = ready, allowed
        self._request = request
        self._facts = facts
        self._tests = _tests(ready)
        self._closely = _looked_at_closely(ready)
        self._texts = ready.ruleset.texts
        self.of = cache(self._of)

    def _of(self, name: str) -> tuple[object, ...]:
        """The values to try for a fact; none for one that no caller gives."""
        fact = self._ready.facts.get(name)
        if fact is None or fact.origin != "caller":
            return ()
        own = self._lists(fact) if fact.type == "list" else self._singles(fact)
        now = plain(self._facts.get(name))
        found: list[object] = []
        for value in (*own, *self._allowed.get(name, ()), *self._presence(fact)):
            if value not in found and (value != now or type(value) is not type(now)):
                found.append(value)
        return tuple(found)

    # ---- from the constants of the rules --------------------------------------------

    def _singles(self, fact: Fact) -> Iterator[object]:
        """One value for each way in which the tests of the fact can turn out."""
        cuts = [number for _, number in self._tests.get(fact.name, ())]
        cuts += self._compared(fact)
        steps = (0, 1, -1) if fact.type in _ORDERED else (0,)
        numbers = [number + step for number in dict.fromkeys(cuts) for step in steps]
        if fact.type == "boolean" and cuts:
            numbers = [0, 1]
        if fact.type == "choice" and cuts:
            numbers = [*range(len(fact.values))]
        if fact.type == "text" and cuts:
            numbers.append(0)
        value = self._facts.get(fact.name)
        seen = {None if value is None else self._told(fact, encode(fact, value, self._texts))}
        for number in dict.fromkeys(numbers):
            told = self._told(fact, number)
            if told not in seen and _is_possible(fact, number):
                seen.add(told)
                yield written(fact, number, self._texts)

    def _told(self, fact: Fact, number: int) -> tuple[object, ...]:
        """How every test of the fact turns out; its own where more than tests look at it."""
        if fact.name in self._closely:
            return (number,)
        tests = self._tests.get(fact.name, ())
        return tuple(HOLDS[operator](number, constant) for operator, constant in tests)

    def _compared(self, fact: Fact) -> Iterator[int]:
        """The values that the facts have with which this one is compared, as numbers."""
        for field in self._ready.fields.values():
            if field.kind == "compare" and fact.name in (field.fact, field.other):
                other = field.other if field.fact == fact.name else field.fact
                value = self._facts.get(other)
                if isinstance(value, int | float) and not isinstance(value, bool):
                    yield round(value * SCALE) if fact.type == "number" else math.floor(value)
                elif value is not None:
                    yield encode(fact, value, self._texts)

    def _lists(self, fact: Fact) -> Iterator[list[str]]:
        """The list with and without the words that are looked for, in every way while few are."""
        value = self._facts.get(fact.name)
        now = list(value) if isinstance(value, tuple) else []
        fields = [field for field in self._ready.fields.values() if field.fact == fact.name]
        words = dict.fromkeys(word for field in fields for word in field.words)
        sizes = range(1, len(words) + 1) if len(words) <= _MOST_WORDS else (1, len(words))
        for size in sizes:
            for some in combinations(words, size):
                kept = [item for item in now if item not in some]
                yield kept + [word for word in some if word not in now]
        if fields:
            yield [] if now else [ANYTHING]
            yield []

    # ---- from whether it is known -----------------------------------------------------

    def _presence(self, fact: Fact) -> Iterator[object]:
        """Known or not, where a rule asks for that."""
        fields = self._ready.fields.values()
        if not any(field.kind == "known" and field.fact == fact.name for field in fields):
            return
        if fact.name in self._facts:
            yield None
        elif not self._tests.get(fact.name):
            yield self._any_value(fact)

    def _any_value(self, fact: Fact) -> object:
        as_of = self._request.history.as_of
        match fact.type:
            case "boolean":
                return True
            case "integer" | "number":
                return max(1, fact.minimum or 1)
            case "choice":
                return fact.values[0]
            case "date":
                return self._request.calendar.local(as_of).date().isoformat()
            case "instant":
                return as_of.isoformat()
            case "list":
                return [ANYTHING]
        return _ANY_ZONE if fact.name == "time_zone" else ANYTHING


def written(fact: Fact, number: int, texts: Mapping[str, int]) -> object:
    """The number of a value as a request writes it: the reverse of `values.encode`."""
    match fact.type:
        case "boolean":
            return bool(number)
        case "number":
            return number / SCALE if number % SCALE else number // SCALE
        case "choice":
            return fact.values[number]
        case "date":
            return date.fromordinal(number).isoformat()
        case "instant":
            return datetime.fromtimestamp(number, UTC).isoformat()
        case "text":
            return next((text for text, each in texts.items() if each == number), ANYTHING)
    return number


# ---- the tests of a ruleset ---------------------------------------------------------

_Tests = Mapping[str, list[tuple[str, int]]]


def _tests(ready: Ready) -> _Tests:
    """By fact, the tests of its value, and of the conclusions that are copies of it."""
    found: dict[str, list[tuple[str, int]]] = {}
    for rule in ready.rules:
        for name, operator, constant in _leaves(rule.when):
            field = ready.fields[name]
            if field.kind == "value":
                found.setdefault(field.fact, []).append((operator, constant))
    for _ in ready.ruleset.strata:  # a copy may be copied in a later one
        for rule in ready.rules:
            for name, expression in (rule.then or {}).items():
                if isinstance(expression, Ref):
                    tests = found.setdefault(expression.name, [])
                    tests += [test for test in found.get(name, ()) if test not in tests]
    return {name: list(dict.fromkeys(tests)) for name, tests in found.items()}


def _leaves(condition: Cond) -> Iterator[tuple[str, str, int]]:
    if is_group(condition):
        for part in condition[1:]:
            yield from _leaves(part)
    else:
        yield condition[0], condition[1], condition[2]


def _looked_at_closely(ready: Ready) -> frozenset[str]:
    """The facts that others are compared with or reckoned from: every value is another."""
    compared = {
        name
        for field in ready.fields.values()
        if field.kind == "compare"
        for name in (field.fact, field.other)
    }
    reckoned = {
        name
        for rule in ready.rules
        for expression in (rule.then or {}).values()
        for name in names_read(expression)
    }
    return frozenset(compared | reckoned)


def _is_possible(fact: Fact, number: int) -> bool:
    """Whether a caller may give the value of this number."""
    match fact.type:
        case "integer":
            return abs(number) <= LARGEST and (fact.minimum is None or number >= fact.minimum)
        case "number":
            return fact.minimum is None or number >= fact.minimum * SCALE
        case "choice":
            return 0 <= number < len(fact.values)
        case "date":
            return number in _DAYS
        case "instant":
            return datetime.fromtimestamp(number, UTC).toordinal() in _DAYS
    return True
