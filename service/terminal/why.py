"""`unghost why`: why every other play did not win, and what would change it."""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from service.decision import InvalidRequest, read_request
from service.decision.whynot.report import why_not
from service.decision.whynot.words import THEY_SAID_SO
from service.playbook.diagnostics import did_you_mean
from service.playbook.vocabulary import ACTIONS
from service.terminal.console import plain, terminal
from service.terminal.questions import (
    PLAYBOOK,
    POLICY,
    choose_playbook,
    read_request_file,
    refuse_request,
)
from service.terminal.sources import refuse

_STATUS = {
    "not_met": "does not fit",
    "unknown": "fits or not, nobody knows",
    "lost": "fits, and lost",
}
_RULINGS = {"BAR": "bars it", "NEEDS_DATA": "has to know more", "HOLD_UNTIL": "holds it"}
_CUT_SHORT = "There was too much to try; what is not found here may still be there."


@click.command("why")
@click.argument("file", metavar="REQUEST.json")
@click.argument("play", metavar="[PLAY]", required=False)
@PLAYBOOK
@POLICY
@click.option("--json", "as_json", is_flag=True, help="Print the answer as the service gives it.")
def why_command(
    file: str, play: str | None, playbook: str | None, policy: str | None, *, as_json: bool
) -> None:
    """Say why the other plays did not win, and what would change it.

    REQUEST.json is a request as for `unghost decide`. For each play, or for PLAY alone: the
    tests that it lacks, with the value seen and the value needed; the smallest change of facts
    with which it wins; when it comes up while the prospect stays silent; and when it comes up
    by time alone. Exits with 2 where the request is not valid, or has no such play.
    """
    body = read_request_file(file)
    chosen = choose_playbook(playbook or body.get("playbook"), policy)
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
    report = why_not(ready, chosen.guards, body, request, decision).to_json()
    answer["explanation"]["why_not"] = report
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False, indent=2))
    else:
        show_why_not(terminal(), decision.rule, answer, {**ACTIONS, **chosen.titles}, play)


def show_why_not(
    console: Console,
    winner: str,
    answer: Mapping[str, Any],
    titles: Mapping[str, str],
    only: str | None = None,
) -> None:
    """The answer of a play, and why not the others, in sentences; or one play alone."""
    report = answer["explanation"]["why_not"]
    if only is None or only == winner:
        said = f"`{plain(winner)}` wins" if winner else "No play wins"
        console.print(
            Text(f"{said}: {_does(answer, titles)}{_due(answer)}.", "bold"), soft_wrap=True
        )
        held = [("Policy", _against(each)) for each in _held(answer)]
        _show_lines(console, [("Because", answer["because"]), *held])
    never: dict[str, None] = {}
    for play in report["plays"]:
        if only in (None, play["rule"]):
            _show_play(console, play, titles, None if only else never)
    for line in never:
        said = line.replace("Never", "No other play comes up", 1)
        console.print(Text(said), soft_wrap=True)
    if report["searched"] != "complete":
        console.print(Text(_CUT_SHORT, "yellow"), soft_wrap=True)


def _does(step: Mapping[str, Any], titles: Mapping[str, str]) -> str:
    by = f", by {step['channel']}" if step["channel"] else ""
    facts = f" ({plain(step['facts_needed'])})" if step.get("facts_needed") else ""
    return f"{titles.get(step['action'], step['action'])}{by}{facts}"


def _due(answer: Mapping[str, Any]) -> str:
    timing = answer["timing"]
    if not timing:
        return ""
    return f", due {_moment(timing['due'])}{'' if timing['time_zone'] else ' UTC'}"


def _held(answer: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [each for each in answer["explanation"]["policy"] if each["verdict"] != "ALLOW"]


def _show_play(
    console: Console,
    play: Mapping[str, Any],
    titles: Mapping[str, str],
    never: dict[str, None] | None,
) -> None:
    """One play. What is the same of many, why it never comes up, is gathered in `never`."""
    step = f", step {play['step']}" if play["step"] else ""
    lost = f" to {play['lost_to']}" if play["lost_to"] else ""
    heading = f"{play['rule']}{step} (line {play['line']}): "
    status = f". It {_STATUS[play['status']]}{lost}."
    console.print(Text.assemble((heading, "bold"), _does(play, titles), status), soft_wrap=True)
    _show_lines(console, _lines(play, never))


def _show_lines(console: Console, lines: Iterable[tuple[str, str]]) -> None:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True, min_width=11)
    grid.add_column(overflow="fold")
    for label, line in lines:
        grid.add_row(f"  {label}", Text(plain(line)))
    if grid.row_count:
        console.print(grid)


def _lines(play: Mapping[str, Any], never: dict[str, None] | None) -> Iterator[tuple[str, str]]:
    for number, verdict in enumerate(play["policy"]):
        yield "" if number else "Policy", _against(verdict)
    for number, test in enumerate(play["tests"]):
        yield "" if number else "Missing", _missing(test)
    would_win = play["would_win"]
    words = would_win["in_words"]
    for label, key in (("Facts", "facts"), ("On course", "on_course"), ("By itself", "at")):
        line = words[key]
        if (
            never is not None
            and would_win[key] is None
            and (key != "facts" or line == THEY_SAID_SO)
        ):
            never[line] = None
        else:
            yield label, line


def _against(verdict: Mapping[str, Any]) -> str:
    until = f" until {_moment(verdict['until'])}" if verdict["until"] else ""
    law = f" ({verdict['citation']})" if verdict["citation"] else ""
    return f"{verdict['guard']} {_RULINGS[verdict['verdict']]}{until}: {verdict['because']}{law}"


def _moment(text: str) -> str:
    return f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M}"


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
