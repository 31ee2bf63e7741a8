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
_MOST_ROUNDS = 20


def difference(text: str, body: dict[str, Any]) -> str:
    """In what the readings differ; an exception of one of them is a difference too."""
    try:
        return trial_of(text).disagreement(body)
    except Exception as error:  # noqa: BLE001 - whatever goes wrong is what is looked for
        return f"{type(error).__name__}: {error}"


def is_case(sheet: Sheet, body: dict[str, Any]) -> bool:
    """Whether the product accepts the sheet, and the readings differ."""
    text = text_of(sheet)
    try:
        trial = trial_of(text)
    except AssertionError:
        return False
    except Exception:  # noqa: BLE001 - the product must not raise for what it accepts
        return True
    try:
        return bool(trial.disagreement(body))
    except Exception:  # noqa: BLE001 - nor for a request
        return True


def smallest(sheet: Sheet, body: dict[str, Any]) -> tuple[Sheet, dict[str, Any]]:
    """What is left when nothing more can be taken away without the difference going too."""
    for _ in range(_MOST_ROUNDS):
        before = (sheet, body)
        body = _reduced(body, lambda less: is_case(sheet, less), {("prospect",), ("as_of",)})
        sheet = _reduced(sheet, lambda less: is_case(less, body), set())
        if (sheet, body) == before:
            break
    return sheet, body


def _reduced(whole: Any, still: Callable[[Any], bool], fixed: set[Place]) -> Any:
    for path in [path for path in _paths(whole) if path not in fixed]:
        try:
            less = without(whole, {path})
            if less != whole and still(less):
                return _reduced(less, still, fixed)
        except (KeyError, TypeError):  # a request that lacks what every request has
            continue
    return whole


def _paths(part: Any, here: Place = ()) -> Iterator[Place]:
    """Every path in a part, the larger before what they hold."""
    if isinstance(part, dict | list):
        keys = list(part) if isinstance(part, dict) else [*reversed(range(len(part)))]
        for key in keys:
            yield (*here, key)
        for key in keys:
            yield from _paths(part[key], (*here, key))


def keep(sheet: Sheet, body: dict[str, Any]) -> Path:
    """Writes a case to the corpus, as small as it gets."""
    sheet, body = smallest(sheet, body)
    text = text_of(sheet)
    case = {"difference": difference(text, body).splitlines(), "playbook": text.splitlines()}
    written = json.dumps({**case, "request": body}, indent=2) + "\n"
    path = CORPUS / f"{sha256(written.encode()).hexdigest()[:12]}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(written, encoding="utf-8")
    return path
