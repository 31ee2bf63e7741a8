"""`unghost timeline`, as it is typed."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from service.__main__ import main
from tests.services import app_over

CASES = Path(__file__).parent / "corpus" / "command_line"


@pytest.fixture(autouse=True)
def _in_the_cases_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CASES)
    monkeypatch.setenv("UNGHOST_PLAYBOOKS", str(CASES))
    monkeypatch.setenv("COLUMNS", "160")


def played(*arguments: str) -> Result:
    """The command, run as if typed."""
    command = ["timeline", "request.json", *arguments]
    return CliRunner().invoke(main, command, catch_exceptions=False)


def test_one_playbook_stands_beside_its_reasons() -> None:
    """Each step has its day, its date and why; a reason that stays the same is said once."""
    result = played("--days", "15")

    rows = [line.split("  ") for line in result.output.splitlines()]
    said = [[cell.strip() for cell in row if cell.strip()] for row in rows[:-1]]
    again = ["2", "14:00", "Reopen the conversation, by voicemail [worried-about-you]"]
    assert said == [
        ["Day", "Date", "sound", "Why"],
        ["0", "Fri 20 Nov 2026", "1", *again[1:], "Appeal to their sense of being a good person."],
        ["7", "Fri 27 Nov 2026", *again],
        ["14", "Fri", "4 Dec 2026", "3", *again[1:]],
        [
            "15",
            "Sat",
            "5 Dec 2026",
            ".",
            "14:00",
            "And so on",
            "The days that were asked about are over.",
        ],
    ]
    assert result.output.splitlines()[-1].startswith("sound: `seniorty` is no fact")
    assert result.exit_code == 0


def test_two_playbooks_stand_side_by_side() -> None:
    """A row for each date, a column for each playbook; one of them by its file."""
    result = played("--playbook", "sound", "--playbook", "./failing.yaml", "--days", "9")

    rows = [line.split() for line in result.output.splitlines()]
    assert rows[0] == ["Day", "Date", "sound", "failing"]
    assert rows[1][:8] == ["0", "Fri", "20", "Nov", "2026", "1", "14:00", "Reopen"]
    assert rows[1].count("Reopen") == 2
    assert result.output.count("And so on") == 2


def test_assumptions_are_said_in_words() -> None:
    """What comes in has its row, with the facts that change."""
    result = played(
        *("--days", "30", "--assume", "1: replied by phone after 2 days with rapport=strong"),
        *("--assume", '2: with existing_client=true, opted_out_channels=["email"]'),
    )

    said = " ".join(result.output.split())
    assert "2 Sun 22 Nov 2026 > 14:00 they: replied, by phone; rapport strong" in said
    assert "> 14:00 existing_client yes, opted_out_channels email" in said
    assert result.exit_code == 0


def test_json_is_the_services_answer() -> None:
    """The same as over HTTP, field for field."""
    result = played("--json", "--days", "40", "--assume", "2: out_of_office")

    body = {
        "request": json.loads((CASES / "request.json").read_text("utf-8")),
        "days": 40,
        "assume": [{"after_step": 2, "outcome": "out_of_office"}],
    }
    client = app_over(CASES).test_client()
    expected: dict[str, Any] = client.post("/v1/timeline", json=body).get_json()
    assert json.loads(result.stdout) == expected


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--assume", "soon: replied"), "--assume soon: replied: write it like '3: no_show"),
        (("--assume", "1: repied"), "/assume/0/outcome: must be one of: replied,"),
        (("--assume", "0: replied"), "/assume/0/after_step: must be at least 1"),
        (("--assume", "1: replied by fax"), "/assume/0/channel: must be one of: email,"),
        (("--assume", "1: with rapport=huge"), "/assume/0/facts/rapport: must be one of: none,"),
        (("--playbook", "sond"), "there is no playbook `sond`"),
        (("--playbook", "sound") * 5, "four playbooks at most"),
    ],
)
def test_what_cannot_be_played_is_refused(arguments: tuple[str, ...], expected: str) -> None:
    """It says what is wrong and exits with 2."""
    result = played(*arguments)

    assert expected in result.stderr
    assert result.exit_code == 2


def test_command_explains_itself() -> None:
    """`--help` begins with a sentence."""
    result = played("--help")

    assert result.exit_code == 0
    assert "Play playbooks forward" in result.output
