"""Disagreements as files: made as small as they get, and tried again for ever."""

import json
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

from tests.oracle.agreement import trial_of
from tests.oracle.sheets import Path as Place
from tests.oracle.sheets import Sheet, text_of, without

CORPUS = Path(__file__).parents[1] / "corpus" / "fuzz"
_MOST_ROUNDS = 10
Body = dict[str, Any]


def difference(text: str, body: Body) -> str:
    """In what the readings differ; an exception of one of them is a difference too."""
    try:
        return trial_of(text).disagreement(body)
    except Exception as error:  # noqa: BLE001 - whatever goes wrong is what is looked for
        return f"{type(error).__name__}: {error}"


def sort_of(difference: str) -> str:
    """What a difference is about: a part of the verdict, or an exception."""
    return difference.partition(":")[0]


def smallest(sheet: Sheet, body: Body) -> tuple[Sheet, Body]:
    """What is left when nothing more can be taken away without the difference going too."""
    sort = sort_of(difference(text_of(sheet), body))

    def still(case: tuple[Sheet, Body]) -> bool:
        return is_told(case[1]) and sort_of(difference(text_of(case[0]), case[1])) == sort

    case = (sheet, body)
    for _ in range(_MOST_ROUNDS):
        less = _reduced(case, still)
        if less == case:
            break
        case = less
    return case


def is_told(body: Body) -> bool:
    """Whether a request has all that every request must have."""
    needed = {"at", "direction"}
    return (
        body.keys() >= {"prospect", "history", "as_of"}
        and "id" in body["prospect"]
        and all(touch.keys() >= needed for touch in body["history"])
    )


def _reduced(case: tuple[Sheet, Body], still: Callable[[Any], bool]) -> tuple[Sheet, Body]:
    """The case with each of its parts taken out in turn, where it still is one without."""
    for place in list(_paths([*case])):
        try:
            less = tuple(without([*case], {place}))
        except (KeyError, IndexError, TypeError):  # it stood in what is gone already
            continue
        if len(less) == len(case) and less != case and still(less):
            case = less
    return case


def _paths(part: Any, here: Place = ()) -> Iterator[Place]:
    """Every path in a part, the larger before what they hold."""
    if isinstance(part, dict | list):
        keys = list(part) if isinstance(part, dict) else [*reversed(range(len(part)))]
        for key in keys:
            yield (*here, key)
        for key in keys:
            yield from _paths(part[key], (*here, key))


def keep(sheet: Sheet, body: Body) -> Path:
    """Writes a case to the corpus, as small as it gets."""
    sheet, body = smallest(sheet, body)
    text = text_of(sheet)
    case = {"difference": difference(text, body).splitlines(), "playbook": text.splitlines()}
    written = json.dumps({**case, "request": body}, indent=2) + "\n"
    path = CORPUS / f"{sha256(written.encode()).hexdigest()[:12]}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(written, encoding="utf-8")
    return path
