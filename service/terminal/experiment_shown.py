"""Experiments as a terminal shows them: how far each has come, and what it compares."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from rich import box
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from service.experiment import Experiment
from service.experiment.reading.sentences import UNITS
from service.store.documents.documents import Document
from service.store.documents.lives import Life
from service.terminal.console import counted, plain


def moment(at: datetime) -> str:
    """A moment to the minute."""
    return f"{at:%Y-%m-%d %H:%M} UTC"


def percent(share: float) -> str:
    """A share as it is written in an experiment: `5 %`."""
    return f"{share * 100:.4g} %"


def show_list(console: Console, found: Sequence[tuple[Document, Life | None]]) -> None:
    """A row for each experiment; `Life` is None for one that was never started."""
    name = Column("name", no_wrap=True, overflow="fold")
    table = Table(name, "state", "version", "phase", "since", box=box.SIMPLE)
    for document, life in found:
        number = life.version if life else document.active
        version = "none published" if number is None else str(number)
        if life and life.state == "running" and document.active not in (None, life.version):
            version = f"{version} ({document.active} is published, and not started)"
        phase = str(len(life.phases)) if life else ""
        table.add_row(document.name, _state(document, life), version, phase, _since(life))
    console.print(table)


def _state(document: Document, life: Life | None) -> str:
    state: str = life.state if life else "draft"
    if life and life.state == "decided":
        state += f": {life.shipped or 'no arm'} shipped"
    return f"{state}, and archived" if document.archived_at else state


def _since(life: Life | None) -> str:
    at = life and (life.decided_at or life.stopped_at or life.started_at)
    return moment(at) if at else ""


def show_experiment(
    console: Console, document: Document, life: Life | None, said: Experiment | None
) -> None:
    """What one experiment compares and counts, and how far it has come.

    `said` is what the version in effect says, or before a start the one that is published; None:
    no version was published yet.
    """
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    rows = [("Experiment", document.name), *_course(document, life)]
    for label, words in [*rows, *(_said(said, life) if said else ())]:
        grid.add_row(label, Text(plain(words)))
    console.print(grid)


def _course(document: Document, life: Life | None) -> Iterator[tuple[str, str]]:
    """How far it has come."""
    if life is None:
        published = "no version was published yet"
        if document.active is not None:
            published = f"version {document.active} is published; nobody is in it before `start`"
        yield "State", f"{_state(document, life)}: {published}"
        return
    yield "State", f"{_state(document, life)}, version {life.version}"
    if life.state == "running" and document.active not in (None, life.version):
        yield "", f"version {document.active} is published; `start` puts it into effect"
    for phase in life.phases:
        yield f"Phase {phase.number}", f"since {moment(phase.started_at)}, version {phase.version}"
    if life.stopped_at:
        yield "Stopped", moment(life.stopped_at)
    if life.decided_at:
        yield "Decided", decision(life)


def decision(life: Life) -> str:
    """When it was decided, by whom, what, and why; somebody has decided."""
    when = moment(life.decided_at) if life.decided_at else ""
    return f"{when} by {life.decided_by}: {life.shipped or 'no arm'} shipped. Why: {life.why}"


def _said(said: Experiment, life: Life | None) -> Iterator[tuple[str, str]]:
    """What its document says."""
    units, primary = UNITS[said.unit], said.primary
    yield "Title", said.title
    yield "Expected", " ".join(said.hypothesis.split())
    weights = sum(arm.weight for arm in said.arms)
    stopped = life.phases[-1].stopped if life else {}
    for label, arm in zip(("Arms", *[""] * len(said.arms)), said.arms, strict=False):
        version = f" version {arm.version}" if arm.version else ""
        words = f"{arm.name}: {arm.playbook}{version}, {arm.weight} of {weights}"
        if why := stopped.get(arm.name):
            words += f"; takes in nobody new since {moment(why.at)}: {why.why}"
        yield label, words
    slice_ = said.namespace
    yield "Takes part", f"{percent(said.coverage)} of the audience"
    if said.holdout:
        yield "", f"but {percent(said.holdout)} of all {units}, which are in no experiment"
    if (slice_.from_, slice_.to) != (0, 1):
        yield "", f"of {slice_.name} from {percent(slice_.from_)} to {percent(slice_.to)}"
    days = f"within {counted(primary.within.days, 'day')}"
    yield (
        "Counts",
        f"{units} with {primary.outcome} {days}, {primary.grace.days} more for late news",
    )
    yield "Planned", f"{said.planned:,} {units} in all arms together"
    for label, each in zip(("Guardrails", *[""] * 10), said.guardrails, strict=False):
        than = " than in the first arm" if each.limit is None else ""
        yield label, f"{each.outcome}: {bound(each.margin, each.limit)}{than}"


def bound(margin: float | None, limit: float | None) -> str:
    """How much of a guardrail's outcome is allowed; one of the two bounds is given."""
    if limit is not None:
        return f"at most {percent(limit)}"
    return f"at most {percent(margin or 0)} more"
