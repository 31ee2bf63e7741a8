"""The contact policy in force: one file, and the packs of laws that it may switch on."""

from collections.abc import Mapping
from pathlib import Path

from service.decision.guards import Guards, make_guards
from service.playbook import Diagnostic
from service.policy import Laws, load_policy
from service.shipped import shipped
from service.store.in_force.packs import open_packs


class FaultyPolicy(Exception):  # noqa: N818 - it says what was found
    """A policy with errors. Nobody decides without the policy that was asked for."""

    def __init__(self, file: Path, diagnostics: tuple[Diagnostic, ...]) -> None:
        first = next(d for d in diagnostics if d.severity == "error")
        super().__init__(f"{file}:{first.place.line}: {first.message}")
        self.file = file
        self.diagnostics = diagnostics


def open_policy(file: Path) -> Guards:
    """The policy of a file made ready, with the laws that it switches on.

    Raises:
        OSError: the file cannot be read.
        FaultyPolicy: it has errors; that a pack which it names is faulty is one.
    """
    loaded = load_policy(file.read_bytes(), laws_for(file))
    if loaded.policy is None:
        raise FaultyPolicy(file, loaded.diagnostics)
    return make_guards(loaded.policy)


def laws_for(policy: Path) -> Mapping[str, Laws]:
    """The packs in the folder `laws` beside a policy; where there is none, those that ship."""
    beside = policy.parent / "laws"
    return open_packs(beside if beside.is_dir() else shipped("playbooks", "policy", "laws")).laws
