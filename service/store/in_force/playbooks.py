"""Playbooks made ready to decide with: those in force, or the files of a folder."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from service.decision import Ready, make_ready
from service.decision.fit import fitted
from service.playbook import Diagnostic, Playbook, load
from service.policy import NO_POLICY, Policy
from service.store.documents.files import read_files
from service.store.ledger.minimised import readable


@dataclass(frozen=True)
class Published:
    """One version of a playbook that decisions can be made with.

    `readable`: the facts whose values are kept with a decision; see `minimised.readable`.
    """

    name: str
    title: str
    about: str
    version: int
    digest: str
    text: str
    playbook: Playbook
    ready: Ready
    readable: frozenset[str]
    diagnostics: tuple[Diagnostic, ...]


@dataclass(frozen=True)
class Playbooks:
    """Playbooks by name, and the files that hold none, with what is wrong with them."""

    published: Mapping[str, Published]
    problems: Mapping[str, tuple[Diagnostic, ...]]

    def get(self, name: str) -> Published | None:
        """The playbook of a name."""
        return self.published.get(name)

    def all(self) -> tuple[Published, ...]:
        """Every playbook, by name."""
        return tuple(self.published[name] for name in sorted(self.published))


def open_playbooks(folder: Path, policy: Policy = NO_POLICY) -> Playbooks:
    """Load every `*.yaml` of a folder. A file with errors is a problem, not a failure.

    What does not fit the contact policy is among the diagnostics of a playbook.

    Raises FileNotFoundError where there is no such folder.
    """
    if not folder.is_dir():
        message = f"there is no folder of playbooks at {folder}"
        raise FileNotFoundError(message)
    return Playbooks(*read_files(folder, ".", "playbook", partial(publish, policy=policy)))


def publish(
    text: bytes, version: int = 1, policy: Policy = NO_POLICY
) -> Published | tuple[Diagnostic, ...]:
    """A text made ready to decide with, or the diagnostics that keep it from that."""
    loaded = fitted(load(text), policy)
    if loaded.playbook is None or loaded.ruleset is None:
        return loaded.diagnostics
    ready = make_ready(loaded.ruleset)
    return Published(
        name=loaded.playbook.name,
        title=loaded.playbook.title,
        about=loaded.playbook.about,
        version=version,
        digest=loaded.ruleset.digest,
        text=text.decode(),
        playbook=loaded.playbook,
        ready=ready,
        readable=readable(ready),
        diagnostics=loaded.diagnostics,
    )
