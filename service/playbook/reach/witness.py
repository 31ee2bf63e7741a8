"""Diagrams in words: for which prospects something holds, and why something never does."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from service.playbook.reach.constants import fact_named
from service.playbook.reach.domains import Region, Variable, written
from service.playbook.reach.regions import FALSE
from service.playbook.reach.search import Box, box_of
from service.playbook.reach.truth import Truth
from service.playbook.rules import All, AnyOf, Condition, Done, Not, Ref, Scalar, Test
from service.playbook.vocabulary import Fact

MOST_FACTS = 4

_STANDINGS = {
    ("less",): "less than",
    ("less", "equal"): "at most",
    ("equal",): "the same as",
    ("equal", "greater"): "at least",
    ("greater",): "more than",
    ("less", "greater"): "different from",
    ("different",): "different from",
}
_COUNT = Fact("", "integer", "", minimum=0)


def example(truth: Truth, functions: Iterable[int]) -> str | None:
    """Some prospects for whom all hold: "`seniority` is `vp` and `urgency` is unknown".

    At most four facts, only those that matter; "" where none does, None where they never
    hold together.
    """
    box = box_of(truth.diagrams, functions)
    return None if box is None else _of_box(truth, box)


def and_so_on(parts: Sequence[str], word: str = "and") -> str:
    """The parts as people list them: "a, b and c"."""
    if len(parts) < 2:  # noqa: PLR2004 - nothing to join
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {word} {parts[-1]}"


def _of_box(truth: Truth, box: Box) -> str:
    limited = [(truth.variables[level], box[level]) for level in sorted(box)]
    implied = {
        name
        for variable, _ in limited
        if variable.kind in ("compare", "contains")
        for name in (variable.fact, variable.other)
    }
    parts = []
    for variable, chosen in limited:
        words = _limited(truth, variable, [variable.regions[i] for i in sorted(chosen)])
        plain = words.endswith((" is known", " is not empty"))
        if not (plain and variable.fact in implied):
            parts.append(words)
    if len(parts) > MOST_FACTS:
        return ", ".join(parts[:MOST_FACTS]) + " and so on"
    return and_so_on(parts)


def _limited(truth: Truth, variable: Variable, chosen: list[Region]) -> str:
    names = tuple(str(region.sample) for region in chosen)
    other = variable.other
    match variable.kind:
        case "progress":
            return f"sequence `{variable.fact}` has {'ended' if 'ended' in names else 'steps left'}"
        case "contains":
            verb = "contains" if "yes" in names else "does not contain"
            what = f"`${other.name}`" if isinstance(other, Ref) else f"`{other}`"
            return f"`{variable.fact}` {verb} {what}"
        case "compare":
            what = counting(other) if isinstance(other, Done) else f"`{other}`"
            return f"`{variable.fact}` is {_STANDINGS[names]} {what}"
        case "done" if isinstance(other, Done):
            return f"{counting(other)} is {_values(_COUNT, variable.regions, chosen)}"
    fact = fact_named(truth.playbook, variable.fact)
    return f"`{variable.fact}` is {_values(fact, variable.regions, chosen)}"


def _values(fact: Fact, regions: Sequence[Region], chosen: list[Region]) -> str:
    """Values in words: the first of those chosen, and for numbers and times its neighbours."""
    known = [region for region in regions if region.sample is not None]
    picked = [region for region in chosen if region.sample is not None]
    if not picked:
        return "unknown"
    if len(picked) == len(known):
        return "known"
    if fact.type == "list":
        return "empty" if picked[0].sample == "empty" else "not empty"
    if picked[0].sample is not None and fact.type in ("boolean", "choice", "text"):
        return written(fact, picked[0].sample) if picked[0].low is not None else "something else"
    start = end = known.index(picked[0])
    while end + 1 < len(known) and known[end + 1] in picked:
        end += 1
    return _range(fact, known, start, end)


def _range(fact: Fact, known: list[Region], start: int, end: int) -> str:
    first, last = known[start], known[end]
    if first.low is not None and first.low == last.high:
        return written(fact, first.low)
    low = first.low if start > 0 else None
    high = last.high if end < len(known) - 1 else None
    timed = fact.type in ("date", "instant")
    dense = fact.type in ("number", "instant")
    if low is not None and high is not None and not dense:
        return f"from {written(fact, low)} to {written(fact, high)}"
    parts = []
    if low is not None:
        beyond = f"{'after' if timed else 'more than'} {written(fact, low)}"
        at_or_beyond = f"{written(fact, low)} or {'later' if timed else 'more'}"
        parts.append(beyond if dense and low != first.high else at_or_beyond)
    if high is not None:
        beyond = f"{'before' if timed else 'less than'} {written(fact, high)}"
        at_or_beyond = f"{written(fact, high)} or {'earlier' if timed else 'less'}"
        parts.append(beyond if dense and high != last.low else at_or_beyond)
    return " and ".join(parts)


def counting(done: Done) -> str:
    """What a count counts: "the count of `break_up` by `email` since the last reply"."""
    by = {"": done.action, "by ": done.channel, "with ": done.outcome, "using ": done.template}
    told = [
        word + and_so_on([f"`{each}`" for each in sorted(set(words))], "or")
        for word, words in by.items()
        if words
    ]
    plain = "touches" if done.direction == "outbound" else "touches from them"
    what = " ".join(told if done.action else [plain, *told])
    if done.within is not None:
        within = f"`${done.within.name}`" if isinstance(done.within, Ref) else done.within
        what += f" within {within} days"
    return f"the count of {what}" + (" since the last reply" if done.since == "last_reply" else "")


# ---- why something never holds --------------------------------------------------------


@dataclass(frozen=True)
class _Part:
    """One thing that must hold; `about` and `words` are empty where it is not one test."""

    function: int
    about: str = ""
    words: str = ""


def contradiction(truth: Truth, conditions: Iterable[Condition]) -> str:
    """Why the conditions never hold together: "`attempts` cannot be at least 5 and less than 3"."""
    parts = [part for condition in conditions for part in _parts(truth, condition, wanted=True)]
    for about in dict.fromkeys(part.about for part in parts if part.about):
        same = [part for part in parts if part.about == about]
        if _together(truth, same) == FALSE:
            return _told(_smallest(truth, same))
    return _told(_smallest(truth, parts))


def _together(truth: Truth, parts: Iterable[_Part]) -> int:
    return truth.diagrams.all_of(part.function for part in parts)


def _smallest(truth: Truth, parts: list[_Part]) -> list[_Part]:
    """Parts that never hold together, while any fewer of them can."""
    needed = parts
    for part in sorted(parts, key=lambda part: part.about != ""):
        fewer = [other for other in needed if other is not part]
        if _together(truth, fewer) == FALSE:
            needed = fewer
    return needed


def _told(parts: list[_Part]) -> str:
    if not all(part.about for part in parts) or len(parts) > MOST_FACTS:
        return "its tests contradict each other"
    about: dict[str, list[str]] = {}
    for part in parts:
        about.setdefault(part.about, []).append(part.words)
    (first, words), *rest = about.items()
    others = [f"{fact} is {and_so_on(each)}" for fact, each in rest]
    return f"{first} cannot be {and_so_on(words)}" + (f" while {and_so_on(others)}" * bool(others))


def _parts(truth: Truth, condition: Condition, *, wanted: bool) -> list[_Part]:
    if isinstance(condition, Not):
        return _parts(truth, condition.part, wanted=not wanted)
    if isinstance(condition, All if wanted else AnyOf):
        return [p for part in condition.parts for p in _parts(truth, part, wanted=wanted)]
    function = truth.plain(condition, wanted=wanted)
    if isinstance(condition, Test):
        words = _tested(fact_named(truth.playbook, condition.fact), condition, wanted=wanted)
        return [_Part(function, f"`{condition.fact}`", words)]
    if isinstance(condition, Done) and wanted:
        return [_Part(function, counting(condition), _bounds(condition))]
    return [_Part(function)]


def _bounds(done: Done) -> str:
    def told(bound: int | Ref) -> str:
        return f"`${bound.name}`" if isinstance(bound, Ref) else str(bound)

    low = [f"at least {told(done.at_least)}"] if done.at_least or done.at_most is None else []
    high = [f"at most {told(done.at_most)}"] if done.at_most is not None else []
    return and_so_on(low + high)


_ORDERED = {
    "at_least": ("at least", "less than"),
    "at_most": ("at most", "more than"),
    "more_than": ("more than", "at most"),
    "less_than": ("less than", "at least"),
    "is": ("", "other than"),
    "in": ("", "none of"),
    "contains": ("a list with", "a list without"),
}


def _tested(fact: Fact, test: Test, *, wanted: bool) -> str:
    if test.operator == "known":
        return "known" if test.value == wanted else "unknown"
    if test.operator == "empty":
        return "empty" if test.value == wanted else "not empty"
    several = test.value if isinstance(test.value, tuple) else (test.value,)
    words = _ORDERED[test.operator][0 if wanted else 1]
    return f"{words} {and_so_on([_constant(fact, value) for value in several], 'or')}".strip()


def _constant(fact: Fact, value: Scalar | Ref) -> str:
    if isinstance(value, Ref):
        return f"`${value.name}`"
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"`{value}`" if isinstance(value, str) and fact.type != "date" else str(value)
