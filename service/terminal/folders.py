"""A folder of playbooks and what goes with them, kept in step with the library by push and pull.

The file `.unghost.json` in it notes the text at which each document was last in step; with it,
what changed here is told from what changed there. It belongs into Git with the rest.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, cast

from service.policy import Laws
from service.settings import Settings
from service.store.documents.differences import Unreadable, compare_texts
from service.store.documents.document_rows import Kind, Version, text_digest
from service.store.documents.documents import Document, Documents
from service.store.documents.in_step import Standing, standing
from service.store.first_start import AUTHOR
from service.store.in_force.policies import laws_for
from service.terminal.console import plain
from service.terminal.sources import refuse, why_unreadable

_NOTES = ".unghost.json"
_FIRST_LINE = re.compile(
    r"""^(playbook|policy|experiment)\s*:\s*["']?([a-z0-9-]+)["']?\s*(?:#.*)?$""", re.MULTILINE
)
_FOLDERS: Mapping[Kind, str] = {
    "playbook": ".",
    "policy": "policy",
    "experiment": "experiments",
}


class Key(NamedTuple):
    """What a document is, and its name."""

    kind: Kind
    name: str

    def __str__(self) -> str:
        return f"{self.kind} `{self.name}`"


@dataclass(frozen=True)
class Sheet:
    """One file: the text of a document."""

    path: Path
    text: str

    @property
    def digest(self) -> str:
        """The digest of its bytes."""
        return text_digest(self.text)


class Folder:
    """A folder, read.

    Ends the command where a file cannot be read, or two hold the same document.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.sheets: dict[Key, Sheet] = {}
        self.strangers: list[Path] = []
        for path in self._files():
            self.read(path)
        self._bases = self._read_notes()

    def _files(self) -> Iterator[Path]:
        for folder in _FOLDERS.values():
            yield from sorted((self.root / folder).glob("*.yaml"))

    def read(self, path: Path) -> None:
        """Take a file along."""
        try:
            text = path.read_bytes().decode()
        except (OSError, UnicodeDecodeError) as error:
            refuse([f"{path}: {why_unreadable(error)}"])
        first = _FIRST_LINE.search(text.removeprefix("\ufeff"))
        if first is None:
            self.strangers.append(path)
            return
        key = Key(cast("Kind", first[1]), first[2])
        if key in self.sheets:
            refuse([f"{path}: the {key} is in {self.sheets[key].path} already"])
        self.sheets[key] = Sheet(path, text)

    def _read_notes(self) -> dict[str, str]:
        try:
            notes = json.loads((self.root / _NOTES).read_text())
            return {str(name): str(digest) for name, digest in notes["in_step"].items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            refuse([f"{self.root / _NOTES}: cannot be read ({error}); delete it to begin anew"])

    def base(self, key: Key) -> str | None:
        """The digest at which a document was last in step."""
        return self._bases.get(f"{key.kind}:{key.name}")

    def note(self, key: Key, digest: str) -> None:
        """A document is in step at a digest."""
        self._bases[f"{key.kind}:{key.name}"] = digest

    def save_notes(self) -> None:
        """Write down what was noted."""
        notes = {"about": "Kept by unghost push and pull.", "in_step": self._bases}
        text = json.dumps(notes, indent=2, sort_keys=True) + "\n"
        if not (self.root / _NOTES).exists() or (self.root / _NOTES).read_text() != text:
            replace_file(self.root / _NOTES, text)

    def path_of(self, key: Key) -> Path:
        """Where a document stands, or would."""
        if key in self.sheets:
            return self.sheets[key].path
        return self.root / _FOLDERS[key.kind] / f"{key.name}.yaml"


def packs_of(folder: Path) -> Mapping[str, Laws]:
    """The laws that policies of a folder may switch on.

    Those that the service knows, where UNGHOST_POLICY names its policy; else those beside the
    folder's policies, or those we ship.
    """
    return laws_for(Settings.from_environment().policy or folder / "policy" / "default.yaml")


def replace_file(path: Path, text: str) -> None:
    """Write a file, all of it or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.tmp")
    draft.write_bytes(text.encode())
    draft.replace(path)


# ---- the library beside it ----------------------------------------------------------


@dataclass(frozen=True)
class Shelf:
    """What the library has of one document: the version in force, and all versions."""

    document: Document
    active: Version
    text: str
    versions: tuple[Version, ...]

    def standing(self, key: Key, folder: Folder) -> Standing:
        """How the folder's text stands to it."""
        return standing(
            folder.sheets[key].digest,
            self.active.text_digest,
            folder.base(key),
            {version.text_digest for version in self.versions},
            is_new=[version.author for version in self.versions] == [AUTHOR],
        )


def shelves(documents: Documents) -> dict[Key, Shelf]:
    """Every document of the library of which a version was published."""
    found = {}
    for document in documents.all():
        if document.active is not None:
            versions = documents.versions(document.kind, document.name)
            active = next(each for each in versions if each.number == document.active)
            text = documents.text(document.kind, document.name, active.number)
            found[Key(document.kind, document.name)] = Shelf(document, active, text, versions)
    return found


def told(key: Key, before: str, after: str, documents: Documents) -> Iterator[str]:
    """What has changed from one text to another, a line for each change."""
    try:
        changes = compare_texts(key.kind, before, after, documents.packs)
    except Unreadable as unreadable:
        yield f"  {unreadable}"
        return
    for change in changes:
        yield f"  {plain(change.sentence)}"
    if not changes:
        yield "  only comments, layout, or the order of what has no order"
