"""Everything in force at one moment, as one value."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from service.decision.guards import Guards
from service.experiment import Arm, Experiment, Running
from service.playbook import Diagnostic
from service.store.documents.document_rows import Kind
from service.store.in_force.playbooks import Playbooks, Published


@dataclass(frozen=True)
class PublishedPolicy:
    """One version of a contact policy that decisions can be made under."""

    name: str
    title: str
    version: int
    digest: str
    text: str
    guards: Guards
    diagnostics: tuple[Diagnostic, ...]

    @property
    def about(self) -> str:
        """What it is for."""
        return self.guards.policy.about


class Key(NamedTuple):
    """One version, and the digest of its text: another database may have other versions."""

    kind: Kind
    name: str
    number: int
    text_digest: str


#: What a text was made into; diagnostics, where today's product cannot load it.
Made = Published | PublishedPolicy | Experiment | tuple[Diagnostic, ...]


@dataclass(frozen=True)
class Snapshot:
    """Everything in force at one moment.

    `policy` is None where there is none that loads: then nobody may decide. `generation` is
    None before anything was seen. `experiments` stand in the order in which they are asked;
    `made` holds every version that is in use, also by the arms of experiments.
    """

    generation: int | None
    playbooks: Playbooks
    policy: PublishedPolicy | None
    experiments: tuple[Running, ...] = ()
    made: Mapping[Key, Made] = field(default_factory=dict)
    pinned: Mapping[tuple[str, int], Published] = field(default_factory=dict)

    def playbook_of(self, arm: Arm) -> Published | None:
        """The playbook of an arm; None where it is out of force, or cannot be loaded."""
        if arm.version is None:
            return self.playbooks.get(arm.playbook)
        return self.pinned.get((arm.playbook, arm.version))

    def readable_in(self, running: Running) -> frozenset[str]:
        """The facts that can bear on what any arm of the present phase answers."""
        return self._readable[running.name]

    @cached_property
    def _readable(self) -> Mapping[str, frozenset[str]]:
        return {each.name: self._readable_by(each.phase.arms) for each in self.experiments}

    def _readable_by(self, arms: Iterable[Arm]) -> frozenset[str]:
        playbooks = map(self.playbook_of, arms)
        return frozenset[str]().union(*(p.readable for p in playbooks if p is not None))


#: Before anything was seen.
NOTHING = Snapshot(None, Playbooks({}, {}), None)


def put_together(
    generation: int,
    made: Mapping[Key, Made],
    active: frozenset[Key],
    experiments: tuple[Running, ...],
    policy: str,
) -> Snapshot:
    """The snapshot of what was made: `active` is in force, the rest is in use by experiments."""
    found = {key.name: made[key] for key in active if key.kind == "playbook"}
    policies = {key.name: made[key] for key in active if key.kind == "policy"}
    playbooks = Playbooks(
        {name: each for name, each in found.items() if isinstance(each, Published)},
        {name: each for name, each in found.items() if isinstance(each, tuple)},
    )
    in_force = policies.get(policy)
    sound = in_force if isinstance(in_force, PublishedPolicy) else None
    pinned = {
        (key.name, key.number): each for key, each in made.items() if isinstance(each, Published)
    }
    return Snapshot(generation, playbooks, sound, experiments, made, pinned)
