"""The files that a command was given: read, loaded, or why they could not be."""

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import click

from service.playbook import Diagnostic, Loaded, has_errors, load
from service.terminal.console import plain

FAULTY = 1
UNREADABLE = 2

FILES = click.argument("files", metavar="FILE...", nargs=-1, required=True)


@dataclass(frozen=True)
class Source:
    """A playbook's file, and what became of it; `refusal` says why it could not be read."""

    file: str
    raw: bytes
    loaded: Loaded
    refusal: str = ""

    @property
    def text(self) -> str:
        """The text with its places as diagnostics count them."""
        return self.raw.decode("utf-8", "replace").removeprefix("\ufeff")

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Everything that is wrong with the text."""
        return self.loaded.diagnostics

    @property
    def status(self) -> int:
        """What the command exits with because of this file."""
        if self.refusal:
            return UNREADABLE
        return FAULTY if has_errors(self.diagnostics) else 0

    def complain(self) -> None:
        """Say so, where the file could not be read."""
        if self.refusal:
            click.echo(f"{self.file}: {self.refusal}", err=True)


def read_source(file: str) -> Source:
    """Read and load one file, whatever it holds."""
    try:
        raw = Path(file).read_bytes()
    except (OSError, ValueError) as error:
        return Source(file, b"", Loaded(None, None, ()), why_unreadable(error))
    return Source(file, raw, load(raw))


def why_unreadable(error: Exception) -> str:
    """What the system says of a file that it does not give, in words."""
    reason = error.strerror if isinstance(error, OSError) else str(error)
    return f"cannot be read: {(reason or 'no reason given').lower()}"


def refuse(problems: Iterable[str]) -> NoReturn:
    """End the command: it was given what it cannot work with."""
    for problem in problems:
        click.echo(plain(problem), err=True)
    sys.exit(UNREADABLE)
