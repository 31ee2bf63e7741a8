"""The whole reading of an experiment: what a page, a message or a file shows of it."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from service.experiment.reading.counts import ArmCounts, Funnel, Interval, Look, Plan
from service.experiment.reading.fixed import wilson
from service.experiment.reading.harm import Bound, bounds
from service.experiment.reading.health import Health, check
from service.experiment.reading.verdict import Comparison, Verdict, judge

#: Rates are shown with their interval at 95 %.
_ALPHA = 0.05


@dataclass(frozen=True)
class ArmReading:
    """One row of the table of counts; `rate` is of mature units, `interval` is Wilson's at 95 %."""

    arm: str
    share: float
    funnel: Funnel
    converted: int
    rate: float | None
    interval: Interval | None
    forced: int


@dataclass(frozen=True)
class Report:
    """All there is to say about one look. `pause` names the arms to be paused now."""

    as_of: datetime
    verdict: Verdict
    pause: tuple[str, ...]
    health: Health
    arms: tuple[ArmReading, ...]
    comparisons: tuple[Comparison, ...]
    guardrails: tuple[Bound, ...]

    def to_json(self) -> dict[str, Any]:
        """The same in values that JSON has; moments and dates are written as ISO 8601."""
        found: dict[str, Any] = _plain(asdict(self))
        return found


def read(plan: Plan, look: Look) -> Report:
    """Read what was counted."""
    judged = judge(plan, look)
    return Report(
        look.as_of,
        judged.verdict,
        judged.pause,
        check(look),
        tuple(_row(arm) for arm in look.arms),
        judged.comparisons,
        bounds(look, plan.guardrails),
    )


def _row(arm: ArmCounts) -> ArmReading:
    mature = arm.mature
    return ArmReading(
        arm.name,
        arm.share,
        arm.funnel,
        arm.converted,
        mature.rate,
        wilson(mature, _ALPHA),
        arm.forced,
    )


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever a report holds
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if hasattr(value, "_asdict"):
        return _plain(value._asdict())
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value.isoformat() if isinstance(value, date) else value
