"""`unghost why`: why every other play did not win, and what would change it."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from service.decision import InvalidRequest, read_request
from service.decision.whynot.report import why_not
from service.playbook.diagnostics import did_you_mean
from service.playbook.vocabulary import ACTIONS
from service.terminal.console import plain, terminal
from service.terminal.questions import choose_playbook, read_request_file, refuse_request
from service.terminal.sources import refuse

_STATUS = {
    "not_met": "does not fit",
    "unknown": "fits or not, nobody knows",
    "lost": "fits, and lost",
}
_CUT_SHORT = "There was too much to try; what is not found here may still be there."


@click.command("why")
@click.argument("file", metavar="REQUEST.json")
@click.argument("play", metavar="[PLAY]", required=False)
@click.option(
    "--playbook",
    metavar="NAME_OR_FILE",
    help="The playbook to decide with; left out, the one that the request names, or house.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the answer as the service gives it.")
def why_command(file: str, play: str | None, playbook: str | None, *, as_json: bool) -> None:
    """Say why the other plays did not win, and what would change it.

    REQUEST.json is a request as for `unghost decide`. For each play, or for PLAY alone: the
    tests that it lacks, with the value seen and the value needed; the smallest change of facts
    with which it wins; when it comes up while the prospect stays silent; and when it comes up
    by time alone. Exits with 2 where the request is not valid, or has no such play.
    """
    body = read_request_file(file)
    chosen = choose_playbook(playbook or body.get("playbook"))
    ready = chosen.ready
    names = [each.name for each in ready.ruleset.plays]
    if play is not None and play not in names:
        refuse([f"there is no play `{play}`", *filter(None, [did_you_mean(play, names)])])
    try:
        request = read_request(body, ready, datetime.now(UTC))
    except InvalidRequest as error:
        refuse_request(error)
    decision = chosen.decide(request)
    answer = decision.to_json()
    report = why_not(ready, chosen.decide, body, request, decision).to_json()
    answer["explanation"]["why_not"] = report
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False, indent=2))
    else:
        show_why_not(terminal(), decision.rule, report, {**ACTIONS, **chosen.titles}, play)


def show_why_not(
    console: Console,
    winner: str,
    report: Mapping[str, Any],
    titles: Mapping[str, str],
    only: str | None = None,
) -> None:
    """The report of an answer in sentences: all of it, or one play's."""
    if only is None or only == winner:
        said = f"`{plain(winner)}` wins." if winner else "No play wins."
        console.print(Text(said, "bold"), soft_wrap=True)
    for play in report["plays"]:
        if only in (None, play["rule"]):
            _show_play(console, play, titles)
    if report["searched"] != "complete":
        console.print(Text(_CUT_SHORT, "yellow"), soft_wrap=True)


def _show_play(console: Console, play: Mapping[str, Any], titles: Mapping[str, str]) -> None:
    step = f", step {play['step']}" if play["step"] else ""
    by = f", by {play['channel']}" if play["channel"] else ""
    lost = f" to {play['lost_to']}" if play["lost_to"] else ""
    heading = f"{play['rule']}{step} (line {play['line']}): "
    does = f"{titles.get(play['action'], play['action'])}{by}"
    status = f". It {_STATUS[play['status']]}{lost}."
    console.print(Text.assemble((heading, "bold"), does, status), soft_wrap=True)
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for label, line in _lines(play):
        grid.add_row(f"  {label}", Text(plain(line)))
    console.print(grid)


def _lines(play: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for number, test in enumerate(play["tests"]):
        yield "" if number else "Missing", _missing(test)
    words = play["would_win"]["in_words"]
    yield "Facts", words["facts"]
    yield "On course", words["on_course"]
    yield "By itself", words["at"]


def _missing(test: Mapping[str, Any]) -> str:
    known = test["seen"] is not None
    now = f"is {_shown(test['seen'])}" if known else "is not known"
    needed = f"`{test['fact']}` {now}, and must be {test['needed']}"
    where = f"line {test['line']}"
    behind = f"for `{test['concludes']}`: " if test["concludes"] else ""
    return f"{behind}{needed} ({where}{', or another way' if test['one_of'] else ''})"


def _shown(value: object) -> str:
    """A value as playbooks write it."""
    return str(value).lower() if isinstance(value, bool) else plain(value)
