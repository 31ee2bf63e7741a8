"""Experiments made ready to assign by: from how far they have come, and what they say."""

from collections.abc import Callable, Iterable, Iterator

from service.experiment import Arm, Experiment, Phase, Running
from service.store.documents.lives import Life, PhaseRow

#: What a version of an experiment says; None: today's product cannot load it.
Said = Callable[[str, int], Experiment | None]


def versions_of(lives: Iterable[Life]) -> Iterator[tuple[str, int]]:
    """The versions that experiments go by, present and past, each by name and number."""
    for life in lives:
        for number in dict.fromkeys((life.version, *(phase.version for phase in life.phases))):
            yield life.name, number


def made_ready(lives: Iterable[Life], said: Said, seed: str) -> tuple[Running, ...]:
    """Experiments in the order in which they are asked: who runs first, who was decided last.

    One that cannot be loaded is left out: its units get the usual playbook.

    Args:
        lives: every experiment, the first to start first.
        said: what their versions say.
        seed: that of the deployment.
    """
    found = ((life, _running(life, said, seed)) for life in lives)
    ready = [(life, running) for life, running in found if running is not None]
    over = [pair for pair in ready if pair[0].decided_at is not None]
    over.sort(key=lambda pair: pair[0].decided_at or pair[0].started_at, reverse=True)
    return tuple(running for _, running in [*(p for p in ready if p not in over), *over])


def _running(life: Life, said: Said, seed: str) -> Running | None:
    experiment = said(life.name, life.version)
    phases = [_phase(row, said(life.name, row.version)) for row in life.phases]
    whole = [phase for phase in phases if phase is not None]
    if experiment is None or len(whole) < len(phases):
        return None
    return Running(
        experiment,
        tuple(whole),
        experiment.coverage,
        seed,
        is_enrolling=life.state == "running",
        is_decided=life.state == "decided",
        shipped=whole[-1].arm(life.shipped),
    )


def _phase(row: PhaseRow, experiment: Experiment | None) -> Phase | None:
    if experiment is None:
        return None
    return Phase(row.number, row.seed, experiment.arms, frozenset(row.stopped), row.hash_version)


def playbooks_of(running: Iterable[Running]) -> frozenset[Arm]:
    """Every arm of every phase: what must be ready to decide with."""
    return frozenset(arm for each in running for phase in each.phases for arm in phase.arms)
