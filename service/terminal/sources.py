"""The files that a command was given: read, loaded, or why they could not be."""

import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn

import click

from service.experiment import LoadedExperiment, load_experiment
from service.playbook import Diagnostic, Loaded, has_errors, load
from service.policy import LoadedLaws, LoadedPolicy, load_laws, load_policy
from service.store.in_force.policies import laws_for
from service.terminal.console import plain

FAULTY = 1
UNREADABLE = 2

FILES = click.argument("files", metavar="FILE...", nargs=-1, required=True)


#: The first name of a document, which says what kind it is.
_FIRST_NAME = re.compile(r"^([A-Za-z_]+)\s*:", re.MULTILINE)


@dataclass(frozen=True)
class Source:
    """A file and what became of it; `refusal` says why it could not be read.

    `loaded` is a playbook's, also where the file holds something else; then `other` is what
    the file does hold, and `loaded` has no more than its diagnostics.
    """

    file: str
    raw: bytes
    loaded: Loaded
    refusal: str = ""
    other: LoadedPolicy | LoadedLaws | LoadedExperiment | None = None

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
    """Read and load one file: a playbook, a contact policy, a pack of laws, an experiment."""
    try:
        raw = Path(file).read_bytes()
    except (OSError, ValueError) as error:
        return Source(file, b"", Loaded(None, None, ()), why_unreadable(error))
    first = _FIRST_NAME.search(raw.decode("utf-8", "replace").removeprefix("\ufeff"))
    match first and first[1]:
        case "policy":
            return _other(file, raw, load_policy(raw, laws_for(Path(file))))
        case "laws":
            return _other(file, raw, load_laws(raw))
        case "experiment":
            return _other(file, raw, load_experiment(raw))
        case _:
            return Source(file, raw, load(raw))


def read_playbook(file: str) -> Source:
    """The same where only a playbook will do: anything else counts as unreadable."""
    source = read_source(file)
    if source.other is None:
        return source
    return replace(source, refusal="holds no playbook; `unghost check` shows its mistakes")


def _other(file: str, raw: bytes, other: LoadedPolicy | LoadedLaws | LoadedExperiment) -> Source:
    return Source(file, raw, Loaded(None, None, other.diagnostics), other=other)


def why_unreadable(error: Exception) -> str:
    """What the system says of a file that it does not give, in words."""
    reason = error.strerror if isinstance(error, OSError) else str(error)
    return f"cannot be read: {(reason or 'no reason given').lower()}"


def refuse(problems: Iterable[str]) -> NoReturn:
    """End the command: it was given what it cannot work with."""
    for problem in problems:
        click.echo(plain(problem), err=True)
    sys.exit(UNREADABLE)
