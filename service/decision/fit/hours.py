"""Steps whose window the policy's own hours never meet, in no week and for nobody."""

from collections.abc import Iterator
from itertools import combinations

from service.playbook.diagnostics import Diagnostic
from service.playbook.rules import Play, Playbook, Step, Window
from service.playbook.shape.phrases import listed
from service.policy.policy import Hours, Policy, Row
from service.policy.sense import AUDIENCES, binds, open_minutes, window_minutes


def never_allowed(playbook: Playbook, policy: Policy) -> Iterator[Diagnostic]:
    """Exact over the minutes of a week, where any day may be a business day."""
    for play, number, step in steps_of(playbook):
        if step.channel is None:
            continue
        window = playbook.windows[step.window]
        shut = [
            _shut(window, [row for row in policy.rows if binds(row, step.channel, audience)])
            for audience in AUDIENCES
        ]
        if not all(shut):
            continue
        names = listed(shut[0], "and")
        yield Diagnostic(
            "never-allowed",
            f"{called(play, number)} can never be done by {step.channel}: its window"
            f" `{window.name}` lies outside the hours of {names} in the policy `{policy.name}`",
            step.place,
            "choose a `window` that those hours allow, or another `channel`",
            "warning",
        )


def steps_of(playbook: Playbook) -> Iterator[tuple[Play | None, int, Step]]:
    """Every step with its play and its place in it, from 0; None: the playbook's `otherwise`."""
    for play in playbook.plays:
        for number, step in enumerate(play.steps):
            yield play, number, step
    if playbook.otherwise is not None:
        yield None, 0, playbook.otherwise


def called(play: Play | None, number: int) -> str:
    """A step in words."""
    if play is None:
        return "`otherwise`"
    return f"step {number + 1} of `{play.name}`" if play.is_sequence else f"`{play.name}`"


def _shut(window: Window, rows: list[Row]) -> tuple[str, ...]:
    """The rows that leave nothing of a window: one where one will do, else two, else all."""
    mine = window_minutes(window)
    weeks = {row.name: open_minutes(row.demand) for row in rows if isinstance(row.demand, Hours)}
    for size in (1, 2, len(weeks)):
        for names in combinations(weeks, size):
            together = mine
            for name in names:
                together &= weeks[name]
            if not together:
                return names
    return ()
