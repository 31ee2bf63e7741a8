"""Deciding again from what was kept, and comparing. Pure: the decider is an argument."""

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

import orjson

from service.store.ledger.ledger import Kept

#: From a request to its answer, with the very version, policy and arm of the decision.
Decider = Callable[[Mapping[str, Any]], Mapping[str, Any]]

#: More differences than these tell nobody more.
MOST_DIFFERENCES = 100
_ABSENT = object()


class NothingKept(Exception):  # noqa: N818 - a state, not a mistake
    """The request and the answer have been removed, because of their age or by erasure."""


class CannotReplay(Exception):  # noqa: N818 - a state, not a mistake
    """This release cannot decide as it was decided then; the message says why."""


class Difference(NamedTuple):
    """What differs, at a JSON pointer of the answer; None where one side has nothing there."""

    path: str
    was: object
    now: object


class Replayed(NamedTuple):
    """The answer of today, whether it is the one that was given, and where it is not."""

    answer: Mapping[str, Any]
    same: bool
    differences: tuple[Difference, ...]


def replay(kept: Kept, decider: Decider) -> Replayed:
    """Answer a kept request again.

    Left out of the comparison are the id, which is never the same, and `why_not`, which is
    made only where a request asks for it. The arm of an experiment is not drawn anew.

    Raises:
        NothingKept: there is no request any more.
    """
    if kept.request is None or kept.answer is None:
        raise NothingKept("what was asked and answered has been removed")
    given = orjson.loads(kept.answer)
    answer = orjson.loads(orjson.dumps(decider(orjson.loads(kept.request))))
    answer["experiment"] = given["experiment"]
    found = _differences(_comparable(given), _comparable(answer), "")
    differences = tuple(islice(found, MOST_DIFFERENCES))
    return Replayed(answer, not differences, differences)


def _comparable(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    explanation = {k: v for k, v in answer["explanation"].items() if k != "why_not"}
    rest = {name: value for name, value in answer.items() if name != "decision_id"}
    return {**rest, "explanation": explanation}


def _differences(was: object, now: object, path: str) -> Iterator[Difference]:
    if isinstance(was, dict) and isinstance(now, dict):
        for name in {**was, **now}:
            step = str(name).replace("~", "~0").replace("/", "~1")
            pair = was.get(name, _ABSENT), now.get(name, _ABSENT)
            yield from _differences(*pair, f"{path}/{step}")
    elif isinstance(was, list) and isinstance(now, list) and len(was) == len(now):
        for i, pair in enumerate(zip(was, now, strict=True)):
            yield from _differences(*pair, f"{path}/{i}")
    elif type(was) is not type(now) or was != now:
        yield Difference(path, *(None if side is _ABSENT else side for side in (was, now)))
