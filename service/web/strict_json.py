"""JSON, read strictly: one meaning for every reader, or an error that says where.

What JSON leaves open is an error here, because two programs would read it differently:
names written twice, numbers that a double cannot hold, half of a surrogate pair. The fast
way (`parse_json`) only suspects; the slow way (`_judged`) then says what is wrong, and where.
"""

import json
import re
from collections import deque
from collections.abc import Iterable
from typing import Any

import orjson

MAX_DEPTH = 32
MAX_NODES = 20_000
MAX_INTEGER = 2**53

# 2**53 has sixteen digits.
_FEW_DIGITS = 15
_HALF = re.compile("[\ud800-\udfff]")
_TOO_DEEP = f"the body is nested deeper than {MAX_DEPTH} levels"

_Path = tuple[str | int, ...]


class MalformedBody(Exception):  # noqa: N818 - it says what was sent
    """The body cannot be read: the message says why, `path` where (a JSON pointer)."""

    def __init__(self, message: str, path: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.path = path


# ---- the fast way -------------------------------------------------------------------


def parse_json(body: bytes) -> object:
    """The value that `body` holds.

    Raises:
        MalformedBody: it is not strict JSON; says what is wrong, and where.
    """
    try:
        value: object = orjson.loads(body)
    except orjson.JSONDecodeError:
        return _judged(body)
    return value if _is_sound(value, _count_texts(body)) else _judged(body)


def _count_texts(body: bytes) -> int:
    """How many texts stand in JSON, names among them: half as many as quotation marks."""
    marks = body.count(b'"')
    if b"\\" in body:  # those inside a text have a backslash that is not itself written so
        marks -= body.replace(b"\\\\", b"").count(b'\\"')
    return marks // 2


def _is_sound(value: object, texts: int) -> bool:
    """Whether nothing is wrong with a value from a body with so many texts.

    Orjson refuses all that is not JSON, and half a surrogate pair. Of names written twice it
    keeps one, so that fewer texts are in the value than in the body; whole numbers that are
    too large it makes floating. So this looks at the texts, the numbers and the depth.
    """
    level, count = [value], 0
    for _ in range(MAX_DEPTH + 1):
        count += len(level)
        others: list[Any] = [part for part in level if type(part) is not str]
        texts -= len(level) - len(others)
        if not others:
            return texts == 0 and count <= MAX_NODES
        level = []
        for part in others:
            if type(part) is dict:
                texts -= len(part)
                level += part.values()
            elif type(part) is list:
                level += part
            elif part is not None and not -MAX_INTEGER <= part <= MAX_INTEGER:
                return False
    return False


# ---- the slow way -------------------------------------------------------------------


class _Pairs(list[tuple[str, Any]]):
    """An object with every name that was written, also twice."""


class _Fault(str):
    """In the place of a value: what is wrong with it."""

    __slots__ = ()


def _checked_integer(digits: str) -> int | _Fault:
    if len(digits) > _FEW_DIGITS + 5 or abs(int(digits)) > MAX_INTEGER:
        return _Fault("the number is beyond 2 to the power of 53; send it as a text")
    return int(digits)


def _checked_number(digits: str) -> float | _Fault:
    number = float(digits)
    return _Fault("the number is too large") if number - number != 0 else number


def _checked_constant(word: str) -> _Fault:
    return _Fault(f"{word} is not JSON; send null")


def _judged(body: bytes) -> object:
    text = _decoded(body)
    try:
        tree = json.loads(
            text,
            object_pairs_hook=_Pairs,
            parse_int=_checked_integer,
            parse_float=_checked_number,
            parse_constant=_checked_constant,
        )
    except json.JSONDecodeError as error:
        raise _not_json(error) from error
    except RecursionError as error:
        raise MalformedBody(_TOO_DEEP) from error
    _find_fault(tree)
    return json.loads(text)


def _decoded(body: bytes) -> str:
    if not body:
        raise MalformedBody("the body is empty; send a JSON object")
    if body.startswith(b"\xef\xbb\xbf"):
        raise MalformedBody("the body begins with a byte order mark; send UTF-8 without one")
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise MalformedBody(f"the body is not UTF-8 from byte {error.start:,} on") from error


def _find_fault(tree: object) -> None:
    """Look at every value, the outer ones first, and raise for the first that is wrong."""
    _refuse((), _fault_of(tree))
    count = 1
    waiting: deque[tuple[_Path, list[Any]]] = deque()
    if isinstance(tree, list):
        waiting.append(((), tree))
    while waiting:
        path, group = waiting.popleft()
        count += len(group)
        _refuse(path, _fault_of_group(group, len(path), count))
        for step, part in group if isinstance(group, _Pairs) else enumerate(group):
            if isinstance(part, list):
                waiting.append(((*path, step), part))
            elif fault := _fault_of(part):
                _refuse((*path, step), fault)


def _refuse(path: _Path, fault: str | None) -> None:
    if fault is not None:
        raise MalformedBody(fault, pointer(path))


def _fault_of(value: object) -> str | None:
    if isinstance(value, _Fault):
        return str(value)
    if isinstance(value, str) and _HALF.search(value):
        return "the text holds half of a surrogate pair"
    return None


def _fault_of_group(group: list[Any], depth: int, count: int) -> str | None:
    if count > MAX_NODES:
        return f"the body holds more than {MAX_NODES:,} values"
    if depth >= MAX_DEPTH:
        return _TOO_DEEP
    return _fault_of_names(group) if isinstance(group, _Pairs) else None


def _fault_of_names(pairs: _Pairs) -> str | None:
    seen: set[str] = set()
    for name, _ in pairs:
        if _HALF.search(name):
            return "a name holds half of a surrogate pair"
        if name in seen:
            return f"the name `{name[:100]}` is written twice"
        seen.add(name)
    return None


def pointer(path: Iterable[str | int]) -> str:
    """A JSON pointer (RFC 6901), cut where it would fill a page.

    >>> pointer(["history", 3, "at"])
    '/history/3/at'
    """
    steps = (str(step)[:100].replace("~", "~0").replace("/", "~1") for step in path)
    return "".join(f"/{step}" for step in steps)


def _not_json(error: json.JSONDecodeError) -> MalformedBody:
    what = (error.msg[:1].lower() + error.msg[1:]).removesuffix(" at")
    place = f"at line {error.lineno}, column {error.colno}"
    return MalformedBody(f"the body is not JSON: {what} {place}")
