"""What came of an experiment, as a terminal shows it: the verdict first, then the numbers."""

from collections.abc import Iterator, Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from service.experiment.reading import Interval
from service.experiment.reading.harm import Bound
from service.experiment.reading.health import Split
from service.experiment.reading.sentences import UNITS, day
from service.experiment.reading.verdict import Comparison
from service.store.experiments.reports import PhaseReport
from service.terminal.console import counted, plain
from service.terminal.experiment_shown import bound, decision, moment, percent

_STYLES = {
    "ok": "green",
    "within": "green",
    "warn": "bold yellow",
    "not_clear": "yellow",
    "blocked": "bold red",
    "crossed": "bold red",
}
_HEALTH = {
    "ok": "ok, the arms got the shares that they should",
    "warn": "warning, the arms got other shares than they should; look into it",
    "blocked": "blocked, no verdict can be given on these numbers",
}
_BOUNDS = {
    "within": "within",
    "not_clear": "not clear yet",
    "crossed": "crossed: the arm is paused",
}


def show_report(console: Console, report: PhaseReport) -> None:
    """What was decided, the verdict, what to do, whether it is healthy, and the numbers."""
    verdict = report.report.verdict
    if report.life.decided_at:
        console.print(Text(plain(f"Decided {decision(report.life)}"), "bold"))
    console.print(Text(plain(verdict.text), "bold"))
    console.print(Text(f"What to do: {plain(verdict.todo)}"))
    if verdict.earliest:
        console.print(Text(f"Earliest fair answer: {day(verdict.earliest)}"))
    console.print(Text(f"\n{plain(_head(report))}", "dim"))
    console.print(_health(report))
    console.print(_counts(report))
    console.print(_differences(report.report.comparisons))
    if report.report.guardrails:
        console.print(_guardrails(report))
    for each in report.report.comparisons if len(report.report.comparisons) > 1 else ():
        console.print(Text(f"- {each.arm}: {plain(each.verdict.text)} {plain(each.verdict.todo)}"))
    for note in _notes(report):
        console.print(Text(f"- {plain(note)}"))


def _head(report: PhaseReport) -> str:
    life = report.life
    phase = f"phase {report.phase} of {len(life.phases)}"
    at = moment(report.report.as_of)
    return f"{life.name}: {report.experiment.title}\n{life.state}, {phase}, counted up to {at}"


def _health(report: PhaseReport) -> Text:
    """One line; the splits that are not as they should be follow, each with its counts."""
    health = report.report.health
    text = Text.assemble("Health: ", (_HEALTH[health.verdict], _STYLES[health.verdict]))
    for split in health.splits:
        if split.verdict != "ok":
            text.append(f"\n  {_split(split, report)}")
    return text


def _split(split: Split, report: PhaseReport) -> str:
    pairs = zip(report.report.arms, split.observed, split.expected, strict=True)
    told = ", ".join(f"{arm.arm} {got:,} where {due:,.0f} are due" for arm, got, due in pairs)
    return f"{split.stage}: {told}"


def _counts(report: PhaseReport) -> Table:
    outcome, units = report.experiment.primary.outcome, UNITS[report.experiment.unit]
    headings = ("arm", "assigned", "exposed", "diverged", outcome, "may well be")
    table = Table(*headings, box=box.SIMPLE)
    for arm in report.report.arms:
        funnel = arm.funnel
        numbers = [f"{n:,}" for n in (funnel.assigned, funnel.exposed, funnel.diverged)]
        rate, range_ = f"none of the {units} is mature yet", ""
        if arm.rate is not None and arm.interval is not None:
            rate = f"{arm.converted:,} of {funnel.mature:,} {units} ({arm.rate * 100:.1f} %)"
            range_ = f"{_span(arm.interval, '.1f')} %"
        table.add_row(arm.arm, *numbers, rate, range_)
    return table


def _span(interval: Interval, form: str) -> str:
    return f"{interval.low * 100:{form}} to {interval.high * 100:{form}}"


def _differences(comparisons: Sequence[Comparison]) -> Table:
    """In percentage points."""
    headings = ("against the first arm", "so far, at any time", "at the final look", "verdict")
    table = Table(*headings, box=box.SIMPLE)
    for each in comparisons:
        final = "not yet"
        if each.final:
            gap = (each.final.arm.rate or 0) - (each.final.control.rate or 0)
            final = f"{gap * 100:+.1f} points, {_span(each.final.interval, '+.1f')}"
        so_far = f"{_span(each.so_far, '+.1f')} points" if each.so_far else "too few to say"
        table.add_row(each.arm, so_far, final, each.verdict.code)
    return table


def _guardrails(report: PhaseReport) -> Table:
    table = Table("guardrail", "arm", "so far", "allowed", "may well be", "state", box=box.SIMPLE)
    for each in report.report.guardrails:
        table.add_row(
            each.outcome,
            each.arm,
            f"{each.events:,} of {each.units:,}",
            bound(each.margin, each.limit),
            _upper(each),
            Text(_BOUNDS[each.state], _STYLES[each.state]),
        )
    return table


def _upper(each: Bound) -> str:
    """The worst that cannot be ruled out."""
    if each.upper is None:
        return "not known yet"
    more = " more" if each.limit is None else ""
    return f"up to {percent(round(each.upper, 4))}{more}"


def _notes(report: PhaseReport) -> Iterator[str]:
    """What one has to know besides."""
    found, units = report.report, UNITS[report.experiment.unit].capitalize()
    primary = report.experiment.primary
    if waiting := sum(arm.funnel.assigned - arm.funnel.mature for arm in found.arms):
        wait = counted((primary.within + primary.grace).days, "day")
        yield f"{units} that joined less than {wait} ago, and count in no rate yet: {waiting:,}"
    for arm, stopped in report.life.phases[report.phase - 1].stopped.items():
        yield f"{arm} takes in nobody new since {moment(stopped.at)}: {stopped.why}"
    if report.changed:
        names = ", ".join(report.changed)
        another = "Another version came into force meanwhile, so that its arm means both"
        yield f"{another}: {names}"
    if report.uncompared:
        yield f"Decisions that are still to be compared with the other arms: {report.uncompared:,}"
    if found.health.forced:
        yield f"{units} asked about with a forced arm, counting nowhere: {found.health.forced:,}"
    if found.health.crossover:
        yield f"{units} that met more than one arm: {found.health.crossover:,}"
