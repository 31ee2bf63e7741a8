"""A YAML parser's complaint, said for somebody who does not know YAML.

Most complaints have a handful of everyday causes (a tab, a missing space, a colon inside a
sentence, an open quote). The cause is read from the complaint and from the line itself.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from service.playbook.diagnostics import Diagnostic, Place
from service.playbook.text.slips import comparison
from service.playbook.text.source import LINE_BREAK, shortened


@dataclass(frozen=True)
class Mishap:
    """What the parser said, where it gave up, and where the part began that it was reading."""

    complaint: str
    place: Place
    opened: Place | None


@dataclass(frozen=True)
class _Scene:
    """A mishap with the text around it."""

    mishap: Mishap
    lines: list[str]

    def line(self, number: int) -> str:
        return self.lines[number - 1] if 0 < number <= len(self.lines) else ""

    @property
    def before(self) -> str:
        """The mishap's line, as far as the mishap."""
        return self.line(self.mishap.place.line)[: self.mishap.place.column - 1]

    @property
    def after(self) -> str:
        """The mishap's line, from the mishap on."""
        return self.line(self.mishap.place.line)[self.mishap.place.column - 1 :]

    @property
    def opened(self) -> Place:
        return self.mishap.opened or self.mishap.place


@dataclass(frozen=True)
class _Cause:
    message: str
    hint: str
    place: Place | None = None


_QUOTE_IT = "put quotes round the whole text"
_NO_NAME = _Cause("the name before the colon is missing", "write `name: value`")
_NO_SPACE_AFTER_COLON = re.compile(r"\s*(?:- +)*(?P<name>[A-Za-z_][\w-]*):(?=[^\s:/])")
_NO_SPACE_AFTER_DASH = re.compile(r"\s*-(?=[A-Za-z_][\w-]*:(?:\s|$))")


def explain(mishap: Mishap, text: str) -> Diagnostic:
    """The mishap as a diagnostic: its likely cause, at the place to mend."""
    scene = _Scene(mishap, LINE_BREAK.split(text))
    for words, find in _CAUSES:
        if re.search(words, mishap.complaint):
            cause = find(scene)
            if cause:
                break
    else:
        cause = _Cause(
            "this cannot be read",
            "look for a wrong indentation, quote or bracket in this line and the one above",
        )
    return Diagnostic("yaml-syntax", cause.message, cause.place or mishap.place, cause.hint)


def _tab(scene: _Scene) -> _Cause | None:
    if scene.after.startswith("\t") or "tab character" in scene.mishap.complaint:
        return _Cause("a tab stands where spaces are needed", "indent with spaces only")
    return None


def _first_character(scene: _Scene) -> _Cause | None:
    inside = re.search("alias|anchor|directive|a tag", scene.mishap.complaint)
    at = scene.opened if inside else scene.mishap.place
    first = scene.line(at.line)[at.column - 1 : at.column]
    if first == "%" and scene.before.endswith("{"):
        return _Cause(
            "a text that begins with `{%` must stand in quotes",
            _QUOTE_IT,
            Place(at.line, at.column - 1),
        )
    if not first:
        return None
    if hint := comparison(scene.line(at.line)[at.column - 1 :]):
        return _Cause(f"`{first}` does not compare here", hint, at)
    name = "a backtick" if first == "`" else f"`{first}`"
    return _Cause(f"a text cannot begin with {name}", _QUOTE_IT, at)


def _open_quote(scene: _Scene) -> _Cause:
    at = scene.opened
    quote = scene.line(at.line)[at.column - 1 : at.column] or '"'
    return _Cause("this quote is never closed", f"close it with {quote} at the end of the text", at)


def _escape(scene: _Scene) -> _Cause | None:
    row = scene.line(scene.mishap.place.line)
    at = scene.before.rfind("\\") if not scene.after.startswith("\\") else len(scene.before)
    if at < 0:
        return None
    return _Cause(
        f"`{row[at : at + 2]}` has no meaning between double quotes",
        "use single quotes, or write the backslash twice",
        Place(scene.mishap.place.line, at + 1),
    )


def _missing_space(scene: _Scene) -> _Cause | None:
    """A colon or dash without its space, in the line of the mishap or up to two above it."""
    last = scene.mishap.place.line
    for number in (scene.opened.line, last, last - 1, last - 2):
        row = scene.line(number)
        if found := _NO_SPACE_AFTER_COLON.match(row):
            return _Cause(
                "a space is missing after the colon",
                f"write `{found['name']}: {shortened(row[found.end() :])}`",
                Place(number, found.end()),
            )
        if found := _NO_SPACE_AFTER_DASH.match(row):
            return _Cause(
                "a space is missing after the dash",
                f"write `- {shortened(row[found.end() :])}`",
                Place(number, found.end()),
            )
    return None


def _second_colon(scene: _Scene) -> _Cause | None:
    if ": " in scene.before.strip() or scene.before.rstrip().endswith(('"', "'")):
        return _Cause("a text with `: ` in it must stand in quotes", _QUOTE_IT)
    return None


def _too_deep(scene: _Scene) -> _Cause:
    start = len(scene.before) - len(scene.before.lstrip(" -"))
    return _Cause(
        "this line is indented under a line that has its value already",
        "line it up with the names around it",
        Place(scene.mishap.place.line, start + 1),
    )


def _no_colon(scene: _Scene) -> _Cause:
    return _Cause(
        "this line is not `name: value`",
        "write a name, a colon and a space before the value; "
        "if it goes on with the text above, indent it further",
        scene.opened,
    )


def _open_bracket(scene: _Scene) -> _Cause:
    at = scene.opened
    opening = scene.line(at.line)[at.column - 1 : at.column]
    closing = {"{": "}", "[": "]"}.get(opening, "}")
    if scene.mishap.place.line > at.line or not scene.after.strip():
        return _Cause(f"this `{opening}` is never closed", f"close it with `{closing}`", at)
    if scene.after[:1] in ("}", "]"):
        return _Cause(
            f"`{scene.after[:1]}` closes what `{opening}` opened", f"close it with `{closing}`"
        )
    return _Cause(
        f"a comma is missing before this, or the `{closing}`",
        "put a comma between the parts; a text with `: `, quotes or brackets in it "
        "must stand in quotes",
    )


def _stray_close(scene: _Scene) -> _Cause | None:
    if scene.after[:1] in ("}", "]"):
        return _Cause(f"this `{scene.after[:1]}` closes nothing", "delete it")
    return None


def _after_its_end(scene: _Scene) -> _Cause | None:
    """Text that goes on after a closing quote or bracket."""
    written = scene.before.rstrip()
    if written.endswith(('"', "'")):
        return _Cause(
            "the text goes on after its closing quote",
            "put quotes round the whole text; inside single quotes write an apostrophe twice",
        )
    if written.endswith(("}", "]")):
        return _Cause("a text that begins with `{` or `[` must stand in quotes", _QUOTE_IT)
    return None


def _indentation(scene: _Scene) -> _Cause:
    if scene.after.startswith(":"):
        return _NO_NAME
    if scene.after.startswith("- "):
        return _Cause(
            "a list item does not fit here",
            "line it up with the other items of its list, under the list's name",
        )
    return _Cause(
        "this line does not line up with any line above",
        "give it the indentation of the lines that it belongs with",
    )


def _list_on_line(_scene: _Scene) -> _Cause:
    return _Cause(
        "a list cannot begin in the line of its name",
        "give every `- ` a line of its own, or write the list as [one, two]",
    )


def _block_header(scene: _Scene) -> _Cause:
    at = scene.opened
    row = scene.line(at.line)[at.column - 1 :]
    if hint := comparison(row):
        return _Cause("`>` does not compare here", hint, at)
    return _Cause(
        f"nothing may stand after `{row[:1]}` in its line",
        "begin the text in the next line, or put quotes round it",
        at,
    )


def _nothing_there(scene: _Scene) -> _Cause | None:
    first = scene.after[:1]
    if first == ":":
        return _NO_NAME
    if first:
        return _Cause(f"`{first}` stands where a value should be", "add the value")
    return _last_open_bracket(scene)


def _last_open_bracket(scene: _Scene) -> _Cause | None:
    closed = 0
    for number in range(scene.mishap.place.line, 0, -1):
        row = scene.line(number)
        for column in range(len(row), 0, -1):
            character = row[column - 1]
            closed += (character in "}]") - (character in "{[")
            if closed < 0:
                closing = "}" if character == "{" else "]"
                message = f"this `{character}` is never closed"
                return _Cause(message, f"close it with `{closing}`", Place(number, column))
    return None


_CAUSES: tuple[tuple[str, Callable[[_Scene], _Cause | None]], ...] = (
    (r"tab character|cannot start any token", _tab),
    (r"directive|incompatible YAML", _first_character),
    (r"cannot start any token|scanning an (alias|anchor)|tag|mapping keys", _first_character),
    (r"quoted scalar.*(end of stream|document)", _open_quote),
    (r"escape", _escape),
    (r"mapping values|expected ':'|'-' indicator|block end", _missing_space),
    (r"mapping values", _second_colon),
    (r"mapping values", _too_deep),
    (r"expected ':'", _no_colon),
    (r"expected ',' or", _open_bracket),
    (r"block sequence entries|sequence entries", _list_on_line),
    (r"block scalar", _block_header),
    (r"expected key|block end|document start", _stray_close),
    (r"expected key|block end|document start", _after_its_end),
    (r"expected key|block end|document start|'-' indicator", _indentation),
    (r"node content", _nothing_there),
)
