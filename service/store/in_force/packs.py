"""The packs of laws in a folder, which a contact policy may switch on."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from service.playbook import Diagnostic
from service.policy import Laws, load_laws
from service.store.documents.files import read_files


@dataclass(frozen=True)
class Packs:
    """Packs by name, and the files that hold none, with what is wrong with them."""

    laws: Mapping[str, Laws]
    problems: Mapping[str, tuple[Diagnostic, ...]]


def open_packs(folder: Path) -> Packs:
    """Load every `*.yaml` of a folder. A file with errors is a problem, not a failure.

    Where there is no such folder there are no packs: a policy that names one says so.
    """
    return Packs(*read_files(folder, ".", "pack", _read))


def _read(text: bytes) -> Laws | tuple[Diagnostic, ...]:
    found = load_laws(text)
    return found.diagnostics if found.laws is None else found.laws
