"""How an answer of the contract is shown to a person."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from service.terminal.console import counted, plain

_REASONS = {
    "MATCHED": "a play fits",
    "FALLBACK": "no play fits; this is the playbook's `otherwise`",
    "HELD": "a play fits, but contact has to wait",
    "STOPPED": "the playbook or the contact policy ends it",
    "NEEDS_DATA": "it cannot be decided without more facts",
}
_RULINGS = {
    "ALLOW": "may go ahead",
    "HOLD_UNTIL": "not before",
    "BAR": "no contact",
    "NEEDS_DATA": "not without more facts",
}
_UNITS = {"D": "day", "H": "hour", "M": "minute", "S": "second"}
#: The longest part of a duration of ISO 8601, which is the first.
_LONGEST_PART = re.compile(r"(\d+)([DHMS])")
_DIGEST_SHOWN = len("sha256:") + 12


def show_decision(console: Console, answer: Mapping[str, Any], titles: Mapping[str, str]) -> None:
    """An answer of the contract, in words; `titles` are what people call the actions."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    for label, lines in _parts(answer, titles):
        if lines:
            grid.add_row(label, Group(*(Text(plain(line)) for line in lines)))
    console.print(grid)


def _parts(answer: Mapping[str, Any], titles: Mapping[str, str]) -> Iterator[tuple[str, list[str]]]:
    why = answer["explanation"]
    by = f", by {answer['channel']}" if answer["channel"] else ""
    yield "Do", [titles.get(answer["action"], answer["action"]) + by]
    yield "When", _when(answer["timing"])
    yield "Say", _message(answer["message"])
    yield "First", [f"- {item}" for item in answer["checklist"]]
    yield "Find out", [plain(answer["facts_needed"])] if answer["facts_needed"] else []
    yield "Why", [answer["because"], f"({_REASONS[answer['reason']]})"]
    yield "Rules", [_rule(rule) for rule in why["rules"]]
    yield "Limits", [_ruling(ruling) for ruling in why["policy"] if ruling["verdict"] != "ALLOW"]
    yield (
        "Not chosen",
        [
            f"{titles.get(lost['action'], lost['action'])} ({lost['rule']}): {lost['lost_to']}"
            for lost in why["alternatives"]
        ],
    )
    yield "Unknown", [plain(why["unknown_facts"])] if why["unknown_facts"] else []
    yield "Note", [_warning(warning) for warning in answer["warnings"]]
    playbook = answer["playbook"]
    yield "Playbook", [f"{playbook['name']} ({playbook['digest'][:_DIGEST_SHOWN]})"]


def _when(timing: Mapping[str, Any] | None) -> list[str]:
    if timing is None:
        return []
    zone = timing["time_zone"] or "UTC: the time zone is not known"
    window = f", {timing['window'].replace('_', ' ')}" if timing["window"] else ""
    lines = [f"{_moment(timing['due'])} ({zone}{window})"]
    if timing["not_after"]:
        lines.append(f"until {_moment(timing['not_after'])}")
    if timing["overdue_by"]:
        lines.append(f"it was due on {_moment(timing['not_before'])}: {ago(timing['overdue_by'])}")
    return [*lines, f"ask again after {_moment(timing['expires'])}"]


def ago(duration: str) -> str:
    """A duration of ISO 8601 in words, by its longest part: `3 days ago`."""
    found = _LONGEST_PART.search(duration)
    return f"{counted(int(found[1]), _UNITS[found[2]])} ago" if found else "just now"


def _moment(text: str) -> str:
    moment = datetime.fromisoformat(text)
    return f"{moment:%A} {moment.day} {moment:%B %Y, %H:%M}"


def _message(message: Mapping[str, Any] | None) -> list[str]:
    if message is None:
        return []
    subject = [f"Subject: {message['subject']}", ""] if message["subject"] else []
    return [f"[{message['template']}]", *subject, *message["body"].rstrip("\n").split("\n")]


def _rule(rule: Mapping[str, Any]) -> str:
    facts = ", ".join(f"{name} {plain(value)}" for name, value in rule["facts"].items())
    return f"{rule['rule']} (line {rule['line']}): {rule['because']}" + (
        f" [{facts}]" if facts else ""
    )


def _ruling(ruling: Mapping[str, Any]) -> str:
    until = f" {_moment(ruling['until'])}" if ruling["until"] else ""
    law = f" ({ruling['citation']})" if ruling["citation"] else ""
    return f"{ruling['guard']}: {_RULINGS[ruling['verdict']]}{until}. {ruling['because']}{law}"


def _warning(warning: Mapping[str, Any]) -> str:
    hint = f" ({warning['hint']})" if warning["hint"] else ""
    return f"{warning['message']}{hint}"
