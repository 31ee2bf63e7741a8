"""Times measured again and again, and how they lie: the median, and the middle of the rest."""

import statistics
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from time import perf_counter, perf_counter_ns

Call = Callable[[], object]

#: Of so many calls in a row each contestant has its turn; a noisy second then hits all alike.
_TURN = 20
_WARM_UP = 5


@dataclass(frozen=True)
class Spread:
    """The median, the 10th and the 90th of a hundred, and of how many."""

    median: float
    p10: float
    p90: float
    count: int

    def to_json(self) -> dict[str, float]:
        """The form in the file of results."""
        return asdict(self)


def spread(values: Iterable[float]) -> Spread:
    """How the values lie; there must be one at least."""
    ordered = sorted(values)
    found = (statistics.median(ordered), part(ordered, 0.1), part(ordered, 0.9))
    median, p10, p90 = (round(value, 4) for value in found)
    return Spread(median, p10, p90, len(ordered))


def part(ordered: list[float], share: float) -> float:
    """The value below which this share of the sorted values lies."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def microseconds(calls: Mapping[str, Call], seconds: float) -> dict[str, Spread]:
    """What one call takes, for each of several that take turns, for so many seconds in all."""
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for call in calls.values():
        for _ in range(_WARM_UP):
            call()
    end = perf_counter() + seconds
    while True:
        for name, call in calls.items():
            for _ in range(_TURN):
                began = perf_counter_ns()
                call()
                taken[name].append((perf_counter_ns() - began) / 1e3)
                if perf_counter() > end + seconds:  # slow calls: nobody waits for a whole turn
                    break
        if perf_counter() > end:
            return {name: spread(values) for name, values in taken.items()}
