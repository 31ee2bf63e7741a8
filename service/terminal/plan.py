"""`unghost experiment plan`: how large an experiment has to be, before it is written."""

import math
import re
from datetime import timedelta
from typing import TypedDict

import click

from service.experiment.experiment import UnitKind
from service.experiment.reading import effect_within, weeks_for
from service.experiment.reading.planning import MOST_WEEKS
from service.experiment.sense import LONGEST_GRACE, LONGEST_WINDOW, length_of, share_of
from service.terminal.console import plain, terminal
from service.terminal.sources import refuse
from service.web.answers import as_json


class _Given(TypedDict):
    """What both ways of planning take."""

    units_per_week: float
    rate: float
    window: timedelta
    coverage: float
    arms: int


_SHARE = re.compile(r"(100(\.0{1,2})?|[0-9]{1,2}(\.[0-9]{1,2})?) ?%")
_UNITS = ("account", "email_domain", "prospect")


def _share(_context: click.Context, _option: click.Parameter, text: str | None) -> float | None:
    if text is not None and not _SHARE.fullmatch(text):
        message = f"`{plain(text)}` is no share; write it like '5 %'"
        raise click.BadParameter(message)
    return None if text is None else share_of(text)


def _days(_context: click.Context, _option: click.Parameter, text: str) -> timedelta:
    days = length_of(text)
    if not days and not text.startswith("0 "):
        message = f"`{plain(text)}` is no time; write it like '30 days' or '2 weeks'"
        raise click.BadParameter(message)
    return timedelta(days=days)


def _number(_context: click.Context, _option: click.Parameter, number: float) -> float:
    if math.isnan(number):
        message = "it is no number"
        raise click.BadParameter(message)
    return number


@click.command("plan")
@click.option("--weeks", type=click.IntRange(1, MOST_WEEKS), help="Units join for so many weeks.")
@click.option("--effect", metavar="SHARE", callback=_share, help="The rise to find, as '3 %'.")
@click.option(
    "--per-week",
    metavar="UNITS",
    type=click.FloatRange(0, 1e7, min_open=True),
    callback=_number,
    required=True,
    help="How many new units of the audience turn up in a week.",
)
@click.option(
    "--rate",
    metavar="SHARE",
    callback=_share,
    required=True,
    help="What share has the primary outcome today, as '5 %'.",
)
@click.option(
    "--within", default="30 days", show_default=True, callback=_days, help="As in the document."
)
@click.option(
    "--grace", default="3 days", show_default=True, callback=_days, help="As in the document."
)
@click.option(
    "--coverage", default="100 %", show_default=True, callback=_share, help="As in the document."
)
@click.option("--arms", type=click.IntRange(2, 10), default=2, show_default=True, help="How many.")
@click.option("--unit", type=click.Choice(_UNITS), default="account", help="What is counted.")
@click.option("--json", "is_json", is_flag=True, help="Print it as the service gives it.")
def plan_command(  # noqa: PLR0913 - each option is one
    *,
    weeks: int | None,
    effect: float | None,
    per_week: float,
    rate: float,
    within: timedelta,
    grace: timedelta,
    coverage: float,
    arms: int,
    unit: UnitKind,
    is_json: bool,
) -> None:
    """Say how long an experiment takes, or what it can find.

    With --effect it says how many weeks units have to join so that a rise of so many points
    shows; with --weeks which rise shows after so many. Give one of the two. Nothing is kept.

    For example: unghost experiment plan --effect '3 %' --rate '5 %' --per-week 100
    """
    if (weeks is None) == (effect is None):
        message = "give --weeks or --effect, one of the two"
        raise click.UsageError(message)
    if not 1 <= within.days <= LONGEST_WINDOW or grace.days > LONGEST_GRACE:
        message = f"--within is 1 to {LONGEST_WINDOW} days, --grace 0 to {LONGEST_GRACE}"
        raise click.UsageError(message)
    given: _Given = {
        "units_per_week": per_week,
        "rate": rate,
        "window": within + grace,
        "coverage": coverage,
        "arms": arms,
    }
    try:
        if effect is not None:
            outlook = weeks_for(effect=effect, **given)
        else:
            outlook = effect_within(weeks=weeks or 0, **given)
    except ValueError as error:
        refuse([str(error)])
    if is_json:
        click.echo(as_json(outlook.to_json(unit)))
    else:
        terminal().print(outlook.text(unit))
