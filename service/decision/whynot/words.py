"""The report in sentences, for people."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from service.decision.whynot.changes import MOST_FACTS
from service.decision.whynot.values import ANYTHING
from service.playbook.values import read_instant

#: A fact to change: `fact` is its name, `seen` the value it has, `needed` the one it needs.
Change = Mapping[str, object]
#: A moment on the prospect's clock.
Local = Callable[[datetime], datetime]

CUT_SHORT = "The search was cut short, so nobody knows."
THEY_SAID_SO = "No: they said themselves that they want no more, and no fact changes that."
HISTORY = "No: what stands against it comes from the history, and no fact changes that."
NO_CHANGE = f"No change of {MOST_FACTS} facts or fewer makes it win."


def of_facts(changes: Iterable[Change], due: datetime | None, local: Local) -> str:
    """The change of facts with which a play wins at once, and when its step is due then."""
    changes = list(changes)
    with_ = [part for change in changes for part in _with(change, local)]
    without = [part for change in changes for part in _without(change)]
    told = [
        f"{word} {_listed(parts)}"
        for word, parts in (("with", with_), ("without", without))
        if parts
    ]
    then = "" if due is None else f", and be due {_on(due)}"
    return f"It would win {' and '.join(told)}{then}."


def of_course(touches: int, days: int, at: datetime, due: datetime | None) -> str:
    """When a play comes up in silence: so many touches and days from now."""
    away = f"{_counted(touches, 'touch', 'touches')} and {_counted(days, 'day', 'days')} away"
    return f"{away}: earliest {at:%Y-%m-%d}{_then(at, due)}."


def of_time(at: datetime, due: datetime | None) -> str:
    """When a play comes up by time alone."""
    return f"By time alone from {_on(at)} on{_then(at, due)}."


def never(how: str, end: str | None) -> str:
    """Why a play does not come up; `end` is None where nobody knows whether it does."""
    return CUT_SHORT if end is None else f"Never {how}: {end}."


def _then(at: datetime, due: datetime | None) -> str:
    """When the step of a play is due that wins at a moment, unless it is the same day."""
    return "" if due is None or due.date() <= at.date() else f", and then due {_on(due)}"


def _on(moment: datetime) -> str:
    """A moment on a clock, which is named where it is not the prospect's."""
    seconds = f"{moment:%S}".removeprefix("00")
    zone = " UTC" if moment.tzinfo is UTC else ""
    return f"{moment:%Y-%m-%d %H:%M}{':' if seconds else ''}{seconds}{zone}"


def _counted(number: int, one: str, more: str) -> str:
    return f"{number} {one if number == 1 else more}"


def _with(change: Change, local: Local) -> Iterator[str]:
    """What has to be there: "`urgency` critical", or "phone in `consented_channels`"."""
    name, seen, needed = f"`{change['fact']}`", change["seen"], change["needed"]
    match needed:
        case None:
            yield f"{name} not known"
        case bool():
            yield f"{name} {str(needed).lower()}"
        case list():
            new = [item for item in needed if item not in _items(seen)]
            if new or not seen:
                yield f"{_listed(new)} in {name}" if new else f"{name} empty"
        case str() if needed == ANYTHING:
            yield f"{name} known" if seen is None else f"another {name}"
        case str() if change["fact"] == "time_zone" and seen is None:
            yield f"{name} known, such as {needed}"
        case _:
            moment = read_instant(needed)
            yield f"{name} {needed if moment is None else _on(local(moment))}"


def _without(change: Change) -> Iterator[str]:
    """What has to be gone: "phone in `opted_out_channels`"."""
    seen, needed = _items(change["seen"]), change["needed"]
    if isinstance(needed, list) and (gone := [item for item in seen if item not in needed]):
        yield f"{_listed(gone)} in `{change['fact']}`"


def _items(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _listed(parts: Sequence[object]) -> str:
    *first, last = map(str, parts)
    return f"{', '.join(first)} and {last}" if first else last
