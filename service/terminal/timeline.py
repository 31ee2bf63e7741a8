"""`unghost timeline`: playbooks played forward, one or a few side by side."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from service.decision import InvalidRequest
from service.decision.forward import DAYS, MOST_DAYS, play_side_by_side
from service.decision.timeline import answer_of, assumption_of
from service.playbook.vocabulary import ACTIONS
from service.shipped import shipped
from service.terminal.console import plain, terminal
from service.terminal.questions import POLICY, choose_playbook, read_request_file, refuse_request
from service.terminal.sources import refuse
from service.web.requests import request_checker

_ASSUMED = re.compile(
    r"\s*(?P<step>\d{1,9})\s*:\s*(?P<outcome>(?!(?:by|after|with)\b)\w+)?"
    r"(?:\s*\bby\s+(?P<channel>\w+))?"
    r"(?:\s*\bafter\s+(?P<days>\d{1,9})\s+days?)?"
    r"(?:\s*\bwith\s+(?P<facts>\w+=.*))?\s*"
)
_FORM = "'3: no_show by meeting after 2 days with rapport=some'; all after the first word can go"
_ENDS = {
    "stopped": "Stop",
    "needs_data": "Needs facts first",
    "end_of_time": "And so on",
    "nothing_to_wait_for": "Nothing more to wait for",
    "too_many_touches": "Too many touches",
    "too_many_decisions": "Too many decisions",
}


@click.command("timeline")
@click.argument("file", metavar="REQUEST.json")
@click.option(
    "--playbook",
    "playbooks",
    metavar="NAME_OR_FILE",
    multiple=True,
    help="A playbook to play; up to four, side by side. Left out, the one that the request names.",
)
@click.option(
    "--days",
    type=click.IntRange(1, MOST_DAYS),
    default=DAYS,
    show_default=True,
    help="How many days to play.",
)
@click.option(
    "--assume",
    "assumed",
    metavar="'STEP: OUTCOME'",
    multiple=True,
    help=f"What happens after a step, besides silence: {_FORM}.",
)
@POLICY
@click.option("--json", "as_json", is_flag=True, help="Print the answer as the service gives it.")
def timeline_command(
    file: str,
    playbooks: Sequence[str],
    days: int,
    assumed: Sequence[str],
    policy: str | None,
    *,
    as_json: bool,
) -> None:
    """Play playbooks forward: all that would go out to the prospect in REQUEST.json, and when.

    The prospect stays silent, but for what is assumed. The file holds what a CRM would send to
    the service; `-` reads it from the standard input. Exits with 2 where something asked for is
    not valid.
    """
    request = read_request_file(file)
    assume = [_assumption(text) for text in assumed]
    asked = {"request": request, "assume": assume, "days": days}
    mistakes = request_checker(shipped("schemas", "timeline-request.schema.json"))(asked)
    if mistakes:
        refuse(f"{mistake.path}: {mistake.message}" for mistake in mistakes)
    names: Sequence[str | None] = playbooks or [request.get("playbook")]
    if len(names) > 4:  # noqa: PLR2004 - as in timeline-request.schema.json
        refuse(["four playbooks at most"])
    chosen = [choose_playbook(name, policy) for name in names]
    try:
        lines = play_side_by_side(
            [(each.ready, each.decide) for each in chosen],
            request,
            datetime.now(UTC),
            assume=[assumption_of(item) for item in assume],
            days=days,
        )
    except InvalidRequest as error:
        refuse_request(error)
    answer = answer_of(lines, [1] * len(lines), days)
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False, indent=2))
    else:
        show_timelines(terminal(), answer, [{**ACTIONS, **each.titles} for each in chosen])


def _assumption(text: str) -> dict[str, Any]:
    """An assumption in the form of a timeline request."""
    found = _ASSUMED.fullmatch(text)
    if found is None:
        refuse([f"--assume {text}: write it like {_FORM}"])
    facts = re.split(r",\s*(?=\w+=)", found["facts"]) if found["facts"] else []
    return {
        "after_step": int(found["step"]),
        "outcome": found["outcome"],
        "channel": found["channel"],
        "days_later": int(found["days"]) if found["days"] else None,
        "facts": {name: _value(value) for name, _, value in (f.partition("=") for f in facts)},
    }


def _value(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text.strip()


# ---- shown --------------------------------------------------------------------------


class _Happening(NamedTuple):
    """Something that happens: when, in what words, and why (empty: as before)."""

    at: datetime
    words: Text
    why: str = ""


def show_timelines(
    console: Console, answer: Mapping[str, Any], titles: Sequence[Mapping[str, str]]
) -> None:
    """All that happens, by date; `titles` are what people call the actions of each playbook.

    A playbook alone stands beside its reasons; several stand beside each other.
    """
    lines = answer["timelines"]
    columns = [list(_happenings(*pair)) for pair in zip(lines, titles, strict=True)]
    begins = datetime.fromisoformat(answer["as_of"]).date()
    names = [line["playbook"]["name"] for line in lines]
    wide = [*names, "Why"] if len(lines) == 1 else names
    table = Table("Day", "Date", box=None, header_style="bold", padding=(0, 2, 0, 0))
    for name in wide:
        table.add_column(name, overflow="fold", ratio=1)
    for day, cells in _by_reason(columns[0]) if len(lines) == 1 else _by_date(columns):
        written = f"{day:%a} {day.day:>2} {day:%b %Y}"
        table.add_row(str((day - begins).days), Text(written, no_wrap=True), *cells)
    console.print(table)
    for line in lines:
        for warning in line["warnings"]:
            hint = f" ({warning['hint']})" if warning["hint"] else ""
            said = f"{line['playbook']['name']}: {warning['message']}{hint}"
            console.print(Text(plain(said), "yellow"), soft_wrap=True)


def _by_reason(column: Sequence[_Happening]) -> Iterator[tuple[date, list[Text]]]:
    before = ""
    for at, words, why in column:
        yield at.date(), [words, Text(plain(why) if why != before else "", "dim")]
        before = why or before


def _by_date(columns: Sequence[Sequence[_Happening]]) -> Iterator[tuple[date, list[Text]]]:
    rows: dict[date, list[list[Text]]] = {}
    for number, column in enumerate(columns):
        for at, words, _ in column:
            rows.setdefault(at.date(), [[] for _ in columns])[number].append(words)
    for day in sorted(rows):
        yield day, [Text("\n").join(cell) for cell in rows[day]]


def _happenings(line: Mapping[str, Any], titles: Mapping[str, str]) -> Iterator[_Happening]:
    """All that happens in a timeline, in order."""
    found = [_entry(entry, titles) for entry in line["entries"]]
    found += [_happened(happened) for happened in line["assumed"]]
    yield from sorted(found, key=lambda each: each.at)
    yield _end(line["end"])


def _moment(part: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(part["at"])


def _entry(entry: Mapping[str, Any], titles: Mapping[str, str]) -> _Happening:
    by = f", by {entry['channel']}" if entry["channel"] else ""
    template = f" [{entry['message']['template']}]" if entry["message"] else ""
    title = titles.get(entry["action"], entry["action"])
    at = _moment(entry)
    words = Text.assemble(
        (f"{entry['number']:>3}  {at:%H:%M}  ", "dim"), plain(title + by), (plain(template), "dim")
    )
    held = "".join(f" Held by {each['guard']}: {each['because']}" for each in entry["held"])
    return _Happening(at, words, entry["because"] + held)


def _happened(happened: Mapping[str, Any]) -> _Happening:
    at, outcome = _moment(happened), happened["outcome"]
    by = f", by {happened['channel']}" if happened["channel"] else ""
    facts = ", ".join(f"{name} {plain(value)}" for name, value in happened["facts"].items())
    came = f"they: {outcome.replace('_', ' ')}{by}" if outcome else ""
    said = "; ".join(part for part in (came, facts) if part)
    return _Happening(at, Text(plain(f"  >  {at:%H:%M}  {said}"), "cyan"))


def _end(end: Mapping[str, Any]) -> _Happening:
    at = _moment(end)
    needed = f": {', '.join(end['facts_needed'])}" if end["facts_needed"] else ""
    held = "".join(f" {each['guard']}: {each['because']}" for each in end["held"])
    said = f"  .  {at:%H:%M}  {_ENDS[end['why']]}{needed}"
    return _Happening(at, Text(plain(said), "bold"), end["because"] + held)
