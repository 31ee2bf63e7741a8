"""The first moment at which several gates are open together."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import combinations

from service.decision.clock import LATEST
from service.decision.timing import Opening
from service.policy.policy import FARTHEST_DAYS

#: The first opening of a gate from a moment on, None where there is none within a year.
Opens = Callable[[datetime], Opening | None]

#: How far ahead a contact is put off; what opens later is closed.
FARTHEST = timedelta(days=FARTHEST_DAYS)


def open_together(
    start: datetime, gates: Sequence[Opens], farthest: timedelta = FARTHEST
) -> Opening | None:
    """The first moment from `start` on at which every gate is open; None after 90 days.

    Every gate says the first moment from a given one on at which it is open itself. Nothing
    earlier will do, so the search may go there at once, until all say "now".
    """
    moment, latest = start, start + min(farthest, LATEST - start)
    while True:
        openings = []
        for opens in gates:
            opening = opens(moment)
            if opening is None or opening.start > latest:
                return None
            openings.append(opening)
        first = max((opening.start for opening in openings), default=moment)
        if first == moment:
            ends = [opening.end for opening in openings if opening.end is not None]
            return Opening(moment, min(ends, default=None))
        moment = first


def excluding(start: datetime, gates: Sequence[Opens]) -> tuple[int, ...]:
    """Which gates, by number, are never open together: one, else two, else as few as it takes."""

    def are_shut(numbers: Sequence[int]) -> bool:
        return open_together(start, [gates[number] for number in numbers]) is None

    everyone = range(len(gates))
    for few in (*combinations(everyone, 1), *combinations(everyone, 2)):
        if are_shut(few):
            return few
    needed = [*everyone]
    for number in everyone:
        others = [each for each in needed if each != number]
        needed = others if are_shut(others) else needed
    return tuple(needed)
