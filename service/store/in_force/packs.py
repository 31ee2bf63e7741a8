"""The packs of laws in a folder, which a contact policy may switch on."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from service.playbook import Diagnostic
from service.policy import Laws, load_laws


@dataclass(frozen=True)
class Packs:
    """Packs by name, and the files that hold none, with what is wrong with them."""

    laws: Mapping[str, Laws]
    problems: Mapping[str, tuple[Diagnostic, ...]]


def open_packs(folder: Path) -> Packs:
    """Load every `*.yaml` of a folder. A file with errors is a problem, not a failure.

    Where there is no such folder there are no packs: a policy that names one says so.
    """
    laws: dict[str, Laws] = {}
    problems: dict[str, tuple[Diagnostic, ...]] = {}
    for path in sorted(folder.glob("*.yaml")):
        found = load_laws(path.read_bytes())
        if found.laws is None:
            problems[path.name] = found.diagnostics
        elif found.laws.name in laws:
            message = f"the pack `{found.laws.name}` is in another file already"
            problems[path.name] = (Diagnostic("duplicate-name", message),)
        else:
            laws[found.laws.name] = found.laws
    return Packs(laws, problems)
