"""How mistakes in a playbook are shown: for people, and beside the lines of a change."""

from collections.abc import Iterable

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from service.playbook import Diagnostic
from service.playbook.text.source import LINE_BREAK
from service.terminal.console import plain

_WIDEST_EXCERPT = 100
_STYLES = {"error": "bold red", "warning": "bold yellow"}


def show_diagnostics(
    console: Console, file: str, text: str, diagnostics: Iterable[Diagnostic]
) -> None:
    """Each mistake: where and what, the line with a caret under the place, and what to do."""
    lines = LINE_BREAK.split(text)
    for diagnostic in diagnostics:
        _show_diagnostic(console, file, lines, diagnostic)


def _show_diagnostic(console: Console, file: str, lines: list[str], diagnostic: Diagnostic) -> None:
    place = diagnostic.place
    heading = Text.assemble(
        (f"{file}:{place.line}:{place.column}: ", "bold"),
        (diagnostic.severity, _STYLES[diagnostic.severity]),
        f": {plain(diagnostic.message)} ",
        (f"[{diagnostic.code}]", "dim"),
    )
    console.print(heading, soft_wrap=True)
    gutter = " " * len(str(place.line))
    if 1 <= place.line <= len(lines) and lines[place.line - 1].strip():
        source, caret = excerpt(lines[place.line - 1], place.column)
        console.print(Text(f" {place.line} | {source}", "default"), soft_wrap=True)
        console.print(Text(f" {gutter} | {caret}", "bold green"), soft_wrap=True)
    if diagnostic.hint:
        console.print(Text(f" {gutter} = {plain(diagnostic.hint)}", "cyan"), soft_wrap=True)


def excerpt(line: str, column: int) -> tuple[str, str]:
    """A line as a terminal can show it, and a caret that stands under the column.

    Columns count characters from 1. Of a long line only the part around the column is shown.
    """
    first = max(0, min(column - 1 - _WIDEST_EXCERPT // 2, len(line) - _WIDEST_EXCERPT))
    shown = _one_line(line[first : first + _WIDEST_EXCERPT])
    before = _one_line(line[first : column - 1])
    if first:
        shown, before = f"…{shown}", f"…{before}"
    if first + _WIDEST_EXCERPT < len(line):
        shown += "…"
    return shown, " " * cell_len(before) + "^"


def _one_line(text: str) -> str:
    return plain(text.replace("\t", " "))


def annotation(file: str, diagnostic: Diagnostic) -> str:
    """A mistake as the line of output that GitHub shows beside the source."""
    place, title = diagnostic.place, _escaped(diagnostic.code)
    where = f"file={_escaped(file)},line={place.line},col={place.column},title={title}"
    message = diagnostic.message + (f" ({diagnostic.hint})" if diagnostic.hint else "")
    return f"::{diagnostic.severity} {where}::{_escaped(message, ends='')}"


def _escaped(text: str, ends: str = ":,") -> str:
    return "".join(f"%{ord(char):02X}" if char in "%\r\n" + ends else char for char in text)
