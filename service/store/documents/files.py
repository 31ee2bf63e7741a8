"""The YAML files of a folder, each read: what is sound, and what is wrong with the others."""

from collections.abc import Callable
from pathlib import Path
from typing import Generic, NamedTuple, Protocol, TypeVar

from service.playbook import Diagnostic


class Named(Protocol):
    """What a file can hold."""

    @property
    def name(self) -> str:
        """What it calls itself."""


Item = TypeVar("Item", bound=Named)
Diagnostics = tuple[Diagnostic, ...]


class Files(NamedTuple, Generic[Item]):
    """What the files hold, by name; and what is wrong with the others, by file."""

    sound: dict[str, Item]
    problems: dict[str, Diagnostics]


def read_files(
    root: Path, folder: str, kind: str, read: Callable[[bytes], Item | Diagnostics]
) -> Files[Item]:
    """Read every `*.yaml` of a folder. A file with errors is a problem, not a failure.

    Of two files with one name the first counts. Where there is no folder there are no files.

    Args:
        root: files are called by their path from here.
        folder: where they lie, below it.
        kind: what they hold, in words.
        read: what a text holds, or the diagnostics that keep it from holding anything.
    """
    found: Files[Item] = Files({}, {})
    for path in sorted((root / folder).glob("*.yaml")):
        file, item = path.relative_to(root).as_posix(), read(path.read_bytes())
        if isinstance(item, tuple):
            found.problems[file] = item
        elif item.name in found.sound:
            message = f"the {kind} `{item.name}` is in another file already"
            found.problems[file] = (Diagnostic("duplicate-name", message),)
        else:
            found.sound[item.name] = item
    return found
