"""Counts to read: a plan of 2,000 accounts, and looks at it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from service.experiment.experiment import Guardrail, Primary, UnitKind
from service.experiment.reading import ArmCounts, Funnel, Harmed, Look, Tally

START = datetime(2027, 1, 4, 9, tzinfo=UTC)
MARGIN = Guardrail("opted_out", margin=0.01)
LIMIT = Guardrail("complained", limit=0.003)
_PRIMARY = Primary("meeting_booked", timedelta(days=30), timedelta(days=3))


@dataclass(frozen=True)
class Registered:
    """A plan; meetings booked within 30 days, and 3 days of grace, unless said otherwise."""

    planned: int = 2000
    guardrails: tuple[Guardrail, ...] = ()
    unit: UnitKind = "account"
    primary: Primary = _PRIMARY


def arm(
    name: str,
    mature: int,
    converted: int,
    assigned: int | None = None,
    harm: Mapping[str, int] | None = None,
    share: float = 0.5,
) -> ArmCounts:
    """Units of an arm that all got as far as they could; all harm is of mature ones."""
    joined = mature if assigned is None else assigned
    harmed = {outcome: Harmed(count, count) for outcome, count in (harm or {}).items()}
    return ArmCounts(name, share, Funnel(joined, joined, joined, mature), converted, harmed)


def at_the_end(counts: ArmCounts) -> ArmCounts:
    """The same arm, all of it among the first planned units."""
    horizon = Tally(counts.funnel.mature, counts.converted)
    return ArmCounts(
        counts.name,
        counts.share,
        counts.funnel,
        counts.converted,
        counts.guardrails,
        horizon,
        takes_new=False,
    )


def look(*arms: ArmCounts, days: int = 60) -> Look:
    """A look so many days after the start."""
    return Look(START + timedelta(days=days), START, arms)
