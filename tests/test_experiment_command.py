"""`unghost experiment`, as it is typed: from the first look at the list to the decision."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import insert

from service.__main__ import main
from service.store.access.audit import entries
from service.store.documents.documents import Documents
from service.store.experiments.experiments import Experiments
from service.store.experiments.reports import report_on
from service.store.first_start import import_folder
from service.store.in_force.in_force import InForce
from service.store.sql.database import Database
from service.store.sql.migrations import migrate
from service.store.sql.moments import stored
from service.store.sql.tables import assignments, decisions, outcomes
from service.web.answers import as_json
from tests.store.library_texts import PACKS, experiment, playbook, written

#: Sixty days ago the experiment began; everything is told on the day it happened.
BEGAN = (datetime.now(UTC) - timedelta(days=60)).replace(microsecond=0)


@pytest.fixture(autouse=True)
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """The library that the commands work on, with an experiment that nobody has started."""
    url = f"sqlite:///{tmp_path / 'unghost.db'}"
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("COLUMNS", "180")
    monkeypatch.chdir(tmp_path)
    found = Database(url)
    migrate(found)
    folder = written(tmp_path / "here", names=("short", "other"))
    (folder / "experiments").mkdir()
    (folder / "experiments" / "two-ways.yaml").write_text(said())
    import_folder(found, folder, folder / "policy" / "default.yaml", PACKS, BEGAN)
    yield found
    found.close()


def said(coverage: str = "50 %", *, planned: int = 800, more: str = "") -> str:
    """The experiment, with guardrails."""
    return (
        f"{experiment(planned=planned)}coverage: {coverage}\n"
        "guardrails:\n"
        "  - {outcome: opted_out, margin: 3 %}\n"
        "  - {outcome: complained, limit: 2 %}\n"
        f"{more}"
    )


def ran(*arguments: str) -> Result:
    """The command, run as if typed."""
    return CliRunner().invoke(main, ["experiment", *arguments], catch_exceptions=False)


def words(result: Result) -> str:
    """What it printed, on one line."""
    return " ".join(result.output.split())


def rows(result: Result) -> list[list[str]]:
    """The lines that it printed, each as its cells."""
    lines = (line.strip() for line in result.output.splitlines())
    return [[c.strip() for c in line.split("  ") if c.strip()] for line in lines if line]


def push(text: str) -> None:
    """Publish another text of the experiment."""
    Path("here/experiments/two-ways.yaml").write_text(text)
    assert CliRunner().invoke(main, ["push", "here"]).exit_code == 0


# ---- its life -----------------------------------------------------------------------


def test_an_experiment_is_started_stopped_and_decided(database: Database) -> None:
    """Each step says what it did, in the list too, and stands in the audit trail."""
    assert rows(ran("list"))[-1] == ["two-ways", "draft", "1"]

    assert words(ran("start", "two-ways", "--note", "Spring")) == (
        "two-ways: version 1 runs, with a coverage of 50 %; phase 1 begins"
    )
    assert rows(ran("list"))[-1][:4] == ["two-ways", "running", "1", "1"]
    assert "takes in nobody new" in words(
        ran("stop-arm", "two-ways", "other", "--why", "They mind.")
    )
    assert "counted to the end" in words(ran("stop", "two-ways"))
    assert rows(ran("list"))[-1][1] == "stopped"
    assert words(ran("ship", "two-ways", "other", "--why", "It books more.")) == (
        "two-ways: decided; its audience gets other from now on"
    )
    assert rows(ran("list"))[-1][1] == "decided: other shipped"

    done = [e for e in entries(database, limit=5).entries if e.event.startswith("experiment.")]
    assert [each.event.removeprefix("experiment.") for each in reversed(done)] == [
        *("started", "arm-stopped", "stopped", "decided"),
    ]
    assert {each.actor.partition(":")[0] for each in done} == {"terminal"}
    assert [each.detail.get("note") for each in reversed(done)] == [
        *("Spring", "They mind.", None, "It books more."),
    ]


def test_an_experiment_may_end_without_an_arm_that_is_shipped(database: Database) -> None:
    """Then all goes on as it was."""
    ran("start", "two-ways")
    ran("stop", "two-ways")

    assert "no arm is shipped" in words(ran("ship-none", "two-ways", "--why", "No difference."))
    assert rows(ran("list"))[-1][1] == "decided: no arm shipped"
    Documents(database, {}).archive("experiment", "two-ways", "ann", BEGAN)
    assert rows(ran("list"))[-1][1] == "decided: no arm shipped, and archived"


def test_an_experiment_is_archived_and_brought_back(database: Database) -> None:
    """Not while it runs; twice is once; both stand in the audit trail."""
    ran("start", "two-ways")
    refused = ran("archive", "two-ways")
    assert "the experiment `two-ways` is running: stop it first" in refused.stderr
    assert refused.exit_code == 2
    ran("stop", "two-ways")

    for _ in range(2):
        assert "archived; nobody gets an arm of it" in words(ran("archive", "two-ways"))
    assert rows(ran("list"))[-1][1] == "stopped, and archived"
    assert "`two-ways` is archived; bring it back first" in ran("stop", "two-ways").stderr
    for _ in range(2):
        assert "is back as it was" in words(ran("unarchive", "two-ways"))
    assert rows(ran("list"))[-1][1] == "stopped"

    done = [each.event for each in entries(database, limit=2).entries]
    assert done == ["document.unarchived", "document.archived"]


def test_one_that_was_never_started_is_archived_too() -> None:
    """It is no longer in the list, but shown to whoever names it."""
    assert ran("archive", "two-ways").exit_code == 0
    assert "there is no experiment" in words(ran("list"))
    assert "State draft, and archived: version 1 is published" in words(ran("show", "two-ways"))
    assert "`two-ways` is archived; bring it back first" in ran("start", "two-ways").stderr
    assert ran("unarchive", "two-ways").exit_code == 0
    assert ran("start", "two-ways").exit_code == 0


def test_what_is_published_later_waits_for_a_start() -> None:
    """More coverage goes on in the phase; another weight begins the next one."""
    ran("start", "two-ways")
    assert "nothing has changed" in words(ran("start", "two-ways"))

    push(said("100 %"))
    assert rows(ran("list"))[-1][2] == "1 (2 is published, and not started)"
    assert words(ran("start", "two-ways")) == (
        "two-ways: version 2 runs, with a coverage of 100 %; phase 1 goes on"
    )
    push(said("100 %").replace("playbook: other}", "playbook: other, weight: 3}"))
    assert words(ran("start", "two-ways")).endswith("phase 2 begins")


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (["show", "two-way"], "there is no experiment `two-way`; `unghost experiment list` shows"),
        (["start", "two-way"], "there is no experiment `two-way`"),
        (["archive", "two-way"], "there is no experiment `two-way`"),
        (["unarchive", "Two Ways"], "there is no experiment `Two Ways`"),
        (["stop", "two-ways"], "`two-ways` was never started"),
        (["report", "two-ways"], "`two-ways` was never started"),
        (["ship", "two-ways", "other", "--why", "x"], "`two-ways` was never started"),
        (["report", "two-ways", "--as-of", "2999-01-01T00:00:00Z"], "is still ahead"),
        (["report", "two-ways", "--as-of", "soon"], "--as-of soon: must be a moment such as"),
        (["ship", "two-ways", "other"], "Missing option '--why'"),
    ],
)
def test_what_cannot_be_done_is_refused(typed: list[str], expected: str) -> None:
    """It says what is wrong and exits with 2."""
    result = ran(*typed)

    assert expected in result.stderr
    assert result.exit_code == 2


def test_what_does_not_fit_a_running_experiment_is_refused() -> None:
    """An arm that there is not, a decision before the stop."""
    ran("start", "two-ways")

    refused = {
        "`two-ways` has no arm `third`": ["stop-arm", "two-ways", "third", "--why", "x"],
        "`two-ways` is running: stop it first": ["ship-none", "two-ways", "--why", "x"],
        "`two-ways` has no phase 7; it has 1": ["report", "two-ways", "--phase", "7"],
    }
    for expected, typed in refused.items():
        result = ran(*typed)
        assert expected in result.stderr
        assert result.exit_code == 2


def test_what_is_frozen_is_not_pushed(database: Database) -> None:
    """Nor is anything that is pushed with it, by force or in a dry run; after the stop it is."""
    ran("start", "two-ways")
    Path("here/experiments/two-ways.yaml").write_text(said(planned=900))
    Path("here/more.yaml").write_text(playbook(name="more"))

    for options in ([], ["--force"], ["--dry-run"]):
        result = CliRunner().invoke(main, ["push", "here", *options])
        assert "two-ways.yaml: `planned` of `two-ways` cannot change while it runs" in result.stderr
        assert "nothing was published" in result.stderr
        assert result.exit_code == 1
    found = {each.name: each for each in Documents(database, {}).all()}
    assert "more" not in found
    assert (found["two-ways"].latest, found["two-ways"].draft_digest) == (1, None)

    ran("stop", "two-ways")
    push(said(planned=900))


# ---- what it shows ------------------------------------------------------------------


def test_an_experiment_is_shown_with_all_that_it_says() -> None:
    """Before the start, and after it."""
    assert rows(ran("show", "two-ways")) == [
        ["Experiment", "two-ways"],
        ["State", "draft: version 1 is published; nobody is in it before `start`"],
        ["Title", "One way against the other"],
        ["Expected", "The other books more meetings."],
        ["Arms", "control: short, 1 of 2"],
        ["other: other, 1 of 2"],
        ["Takes part", "50 % of the audience"],
        ["Counts", "accounts with meeting_booked within 30 days, 3 more for late news"],
        ["Planned", "800 accounts in all arms together"],
        ["Guardrails", "opted_out: at most 3 % more than in the first arm"],
        ["complained: at most 2 %"],
    ]

    ran("start", "two-ways")
    ran("stop-arm", "two-ways", "other", "--why", "They mind.")
    ran("stop", "two-ways")
    ran("ship-none", "two-ways", "--why", "They did mind.")
    push(said(planned=900))
    shown = words(ran("show", "two-ways"))
    assert "State decided: no arm shipped, version 1" in shown
    assert "`start`" not in shown  # it cannot be started again
    assert "other: other, 1 of 2; takes in nobody new since" in shown
    assert "They did mind." in shown


def test_a_slice_a_holdout_and_a_version_are_shown() -> None:
    """Where the document has them, the published version before a start."""
    slice_ = "holdout: 5 %\nnamespace: {name: playbooks, from: 0 %, to: 50 %}\n"
    push(said(more=slice_).replace("playbook: other}", "playbook: other, version: 1}"))

    shown = words(ran("show", "two-ways"))
    assert "other: other version 1, 1 of 2" in shown
    assert "but 5 % of all accounts, which are in no experiment" in shown
    assert "of playbooks from 0 % to 50 %" in shown


def test_without_experiments_the_list_says_how_to_get_one(database: Database) -> None:
    """It is no mistake; an archived one that nobody started counts as none."""
    Documents(database, {}).archive("experiment", "two-ways", "ann", BEGAN)

    result = ran("list")
    assert "`unghost push DIR` publishes those in DIR/experiments" in result.output
    assert result.exit_code == 0


# ---- the report ---------------------------------------------------------------------


def _decision(unit: str, arm: str, at: datetime, **changed: Any) -> dict[str, Any]:
    return {
        "id": f"d-{unit}",
        "recorded_at": stored(at),
        "as_of": stored(at),
        "prospect_key": f"p-{unit}",
        "account_key": unit,
        "unit_key": unit,
        "arm": arm,
        "playbook": "short",
        "version": 1,
        "digest": "sha256:x",
        "policy": "default",
        "policy_version": 1,
        "policy_digest": "sha256:x",
        "experiment": "two-ways",
        "phase": 1,
        "arm_reason": "assigned",
        "propensity": 0.5,
        "diverged": True,
        "action": "follow_up",
        "channel": "email",
        "reason": "MATCHED",
        "rule": "again",
        "request": None,
        "prospect_id": None,
        "answer": None,
        "microseconds": 1,
        **changed,
    }


def _outcome(unit: str, outcome: str, at: datetime) -> dict[str, Any]:
    return {
        "id": f"o-{unit}-{outcome}",
        "prospect_key": f"p-{unit}",
        "account_key": unit,
        "outcome": outcome,
        "at": stored(at),
        "source": "api",
        "recorded_at": stored(at),
    }


def told(database: Database, units: int, booked: dict[str, int], **harm: dict[str, int]) -> None:
    """Let so many accounts join in the first day, by turns, and the first of an arm book.

    `harm` gives the guardrail outcomes, by arm. Five more accounts join today.
    """
    joined, decided, happened = [], [], []
    for number in range(units + 5):
        unit, arm = f"a-{number}", ("control", "other")[number % 2]
        at = BEGAN + timedelta(seconds=60 * number)
        if number >= units:
            at = BEGAN + timedelta(days=59)
        joined.append(
            {
                "experiment": "two-ways",
                "unit_key": unit,
                "unit_type": "account",
                "phase": 1,
                "arm": arm,
                "bucket": 0.1,
                "propensity": 0.5,
                "assigned_at": stored(at),
            }
        )
        decided.append(_decision(unit, arm, at))
        for outcome, of_arm in {"meeting_booked": booked, **harm}.items():
            if number // 2 < of_arm.get(arm, 0):
                happened.append(_outcome(unit, outcome, at + timedelta(days=5)))
    with database.writing() as connection:
        connection.execute(insert(assignments), joined)
        connection.execute(insert(decisions), decided)
        if happened:
            connection.execute(insert(outcomes), happened)


def started(database: Database) -> None:
    """Let the experiment begin at `BEGAN`."""
    Experiments(database).start("two-ways", "ann", "", BEGAN)


def test_a_report_begins_with_the_verdict(database: Database) -> None:
    """Then what to do, the health, and the counts, with what is still to come at the end."""
    started(database)
    told(database, 800, {"control": 20, "other": 52}, opted_out={"control": 1, "other": 1})

    result = ran("report", "two-ways")

    lines = result.output.splitlines()
    assert lines[0].startswith("other books more meetings: 13 instead of 5 per 100 accounts")
    assert lines[1] == "What to do: Make other the playbook of new accounts."
    text = words(result)
    assert "two-ways: One way against the other running, phase 1 of 1, counted up to" in text
    assert "Health: ok, the arms got the shares that they should" in text
    table = {row[0]: row[1:] for row in rows(result)}
    assert table["control"] == [
        *("403", "403", "403"),
        "20 of 400 accounts (5.0 %)",
        "3.3 to 7.6 %",
    ]
    assert "52 of 400 accounts (13.0 %) 10.1 to 16.7 %" in text
    assert "+8.0 points, +3.9 to +12.2 winner" in text
    assert "opted_out other 1 of 402 at most 3 % more" in text
    assert "- Accounts that joined less than 33 days ago, and count in no rate yet: 5" in text
    assert result.exit_code == 0


def test_a_report_says_too_early_and_when_it_is_not(database: Database) -> None:
    """Also of an earlier moment, by which less had happened."""
    started(database)
    told(database, 400, {"control": 3, "other": 4})

    assert "Too early to tell. 400 of 800 planned accounts" in words(ran("report", "two-ways"))
    early = ran("report", "two-ways", "--as-of", (BEGAN + timedelta(days=3)).isoformat())
    assert "Too early to tell. 0 of 800 planned accounts" in words(early)
    assert "Earliest fair answer: " in early.output
    assert "joined less than 33 days ago, and count in no rate yet: 400" in words(early)


def test_a_window_of_a_day_is_one_day(database: Database) -> None:
    """In words as people write them."""
    push(said().replace("within: 30 days", "within: 1 day, grace: 0 days"))
    started(database)

    assert "have had their full day." in words(ran("report", "two-ways"))


def test_a_report_says_first_what_was_decided(database: Database) -> None:
    """There is nothing to do any more, whatever the numbers say."""
    started(database)
    told(database, 400, {"control": 3, "other": 4})
    ran("stop", "two-ways")
    ran("ship", "two-ways", "other", "--why", "We like it.")

    text = words(ran("report", "two-ways"))
    assert re.match(r"Decided .* UTC by terminal:.*: other shipped. Why: We like it. Too", text)
    assert "What to do: Nothing more: it was decided that other is shipped." in text


def test_a_long_name_stays_whole_in_the_list(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is what one types."""
    monkeypatch.setenv("COLUMNS", "80")
    name = f"a-{'long-' * 9}name"
    push(said().replace("two-ways", name))

    assert name in ran("list").output


def test_a_broken_split_is_told_with_its_counts(database: Database) -> None:
    """No verdict is given, and in no colour alone."""
    started(database)
    told(database, 400, {})
    with database.writing() as connection:
        late = assignments.c.unit_key.in_([f"a-{n}" for n in range(0, 300, 2)])
        connection.execute(assignments.update().where(late).values(arm="other"))

    text = words(ran("report", "two-ways"))
    assert text.startswith("Do not use these numbers: of the accounts that are assigned there are")
    assert "Health: blocked, no verdict can be given on these numbers" in text
    assert "assigned: control 53 where 202 are due, other 352 where 202 are due" in text


def test_a_report_tells_what_one_has_to_know_besides(database: Database) -> None:
    """A stopped arm, changed playbooks, decisions not compared, forced and crossed units."""
    started(database)
    told(database, 400, {}, complained={"other": 9})
    Experiments(database).stop_arm(
        "two-ways", "other", "unghost", "9 complaints", BEGAN + timedelta(days=9), "complained"
    )
    at = BEGAN + timedelta(days=1)
    forced = _decision("f-1", "other", at, arm_reason="forced", propensity=None, diverged=None)
    open_ = _decision("a-1", "other", at, id="d-2", diverged=None, prospect_id="p")
    crossed = _decision("a-1", "other", at, id="d-3", prospect_key="p-a-0")
    with database.writing() as connection:
        connection.execute(insert(decisions), [forced, open_, crossed])
    Path("here/short.yaml").write_text(playbook(9))
    push(said())

    text = words(ran("report", "two-ways"))
    assert text.startswith("other is paused for new accounts: 9 complaints among 202 accounts")
    assert "complained other 9 of 202 at most 2 % up to" in text
    assert "crossed: the arm is paused" in text
    assert "- other takes in nobody new since" in text
    assert "so that its arm means both: short" in text
    assert "- Decisions that are still to be compared with the other arms: 1" in text
    assert "- Accounts asked about with a forced arm, counting nowhere: 1" in text
    assert "- Accounts that met more than one arm: 2" in text


def test_several_arms_have_a_verdict_each(database: Database) -> None:
    """Below the table."""
    push(said().replace("arms:\n", "arms:\n  - {arm: third, playbook: short, version: 1}\n"))
    started(database)

    text = words(ran("report", "two-ways"))
    assert "- control: Too early to tell." in text
    assert "- other: Too early to tell." in text


def test_json_is_the_services_answer(database: Database) -> None:
    """Byte for byte."""
    started(database)
    told(database, 200, {"control": 4, "other": 6})
    moment = BEGAN + timedelta(days=40)

    result = ran("report", "two-ways", "--json", "--as-of", moment.isoformat())

    life = Experiments(database).get("two-ways")
    assert life is not None
    expected = report_on(database, InForce(database, {}), life, None, moment).to_json()
    assert result.stdout_bytes == as_json(expected) + b"\n"


# ---- the plan -----------------------------------------------------------------------


def test_a_plan_is_made_both_ways() -> None:
    """How long for a rise, and which rise in so many weeks."""
    given = ("--rate", "5 %", "--per-week", "100")

    assert words(ran("plan", "--effect", "3 %", *given)) == (
        "2,262 accounts in 23 weeks, and a fair answer 194 days after the start. It would show, "
        "four times in five, that 8 of 100 convert instead of 5."
    )
    found = json.loads(ran("plan", "--weeks", "23", "--json", *given).stdout)
    assert (found["units"], found["weeks"], found["answer_after_days"]) == (2300, 23, 194)
    assert found["effect"] == pytest.approx(0.03, abs=0.001)
    assert found["text"].startswith("2,300 accounts in 23 weeks")


def test_a_plan_takes_all_that_a_document_says() -> None:
    """The window and the grace, the coverage, the arms, and what is counted."""
    result = ran(
        *("plan", "--weeks", "10", "--rate", "5%", "--per-week", "200", "--within", "2 weeks"),
        *("--grace", "0 days", "--coverage", "50 %", "--arms", "4", "--unit", "prospect"),
    )

    assert words(result).startswith("1,000 prospects in 10 weeks, and a fair answer 84 days after")


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (["--rate", "5 %"], "give --weeks or --effect, one of the two"),
        (["--rate", "5 %", "--weeks", "3", "--effect", "3 %"], "give --weeks or --effect"),
        (["--rate", "0.05", "--weeks", "3"], "`0.05` is no share; write it like '5 %'"),
        (["--rate", "99 %", "--effect", "3 %"], "leads to no other rate"),
        (["--rate", "5 %", "--effect", "3 %", "--coverage", "0 %"], "no units join"),
        (["--rate", "5 %", "--weeks", "3", "--within", "soon"], "`soon` is no time; write it like"),
        (["--rate", "5 %", "--weeks", "3", "--within", "0 days"], "--within is 1 to 365 days"),
        (["--rate", "5 %", "--weeks", "3", "--grace", "91 days"], "--grace 0 to 90"),
        (["--rate", "5 %", "--weeks", "3", "--per-week", "nan"], "it is no number"),
    ],
)
def test_what_cannot_be_planned_is_refused(typed: list[str], expected: str) -> None:
    """It says what is wrong and exits with 2."""
    result = ran("plan", "--per-week", "100", *typed)

    assert expected in result.stderr
    assert result.exit_code == 2


def test_command_explains_itself() -> None:
    """`--help` begins with a sentence, and says where experiments come from."""
    result = ran("--help")

    assert result.exit_code == 0
    assert "two playbooks or more against each other" in words(result)
    assert "`unghost push DIR` publishes those in DIR/experiments" in words(result)
