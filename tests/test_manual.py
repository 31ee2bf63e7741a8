"""The managers' manual does what it says: its examples run, and it leaves nothing out.

A block of `playbooks/README.md` is told apart by the comment before it, for example
`<!-- fragment: plays -->`:

    file: NAME         the block is a file for the commands that the manual shows
    fragment: when     the block is the condition of a play
    fragment: a, b     the block is these sections, to be put into the frame playbook
    policy: a, b       the block is these sections of a contact policy
    experiment: a, b   the block is these sections of an experiment
    shows: CODE        the block has a mistake: this diagnostic, and no other
    fails: NUMBER      so many of the block's examples fail, on purpose
    library: shipped   the commands work on a library as a first start leaves it
    report: CODE       the block is what a report shows, with this verdict

A YAML block without a comment is a whole playbook, policy, pack of laws or experiment. Blocks of
commands are run, in order, and what they print is compared; `...` stands for anything in a line.
"""

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from click.testing import CliRunner
from rich.console import Console

from service.__main__ import main
from service.decision import make_ready
from service.decision.answer import Reason
from service.decision.examples import run_examples
from service.decision.guards.examples import run_policy_examples
from service.experiment import load_experiment, unknown_playbooks
from service.experiment.audience import BEFORE_CONTACT
from service.experiment.reading import ArmCounts, Funnel, Harmed, Look, Tally, read
from service.experiment.reading.comparing import any_time
from service.experiment.reading.fixed import wilson
from service.experiment.reading.verdict import Code
from service.playbook import limits, load
from service.playbook.meaning.windows import BUILT_IN_WINDOWS
from service.playbook.messages import markup, wording
from service.playbook.messages.filters import FILTERS, LONGEST_OUTPUT
from service.playbook.messages.template_reading import MOST_FILTERS
from service.playbook.messages.templates import MOST_LOOPS
from service.playbook.rules import HitPolicy, Operator, Sum
from service.playbook.text import refusals, source
from service.playbook.vocabulary import (
    ACTIONS,
    CHANNELS,
    HUMAN_INBOUND,
    INBOUND_OUTCOMES,
    OPT_OUTS,
    OUTBOUND_OUTCOMES,
    STANDARD_FACTS,
    TALK,
    UNREACHED,
)
from service.policy import LoadedLaws, LoadedPolicy, load_laws, load_policy, policy_of_laws
from service.policy.policy import STANDING_GUARDS
from service.shipped import shipped
from service.store.documents.lives import Life, PhaseRow
from service.store.experiments.reports import PhaseReport
from service.store.first_start import import_folder
from service.store.in_force.packs import open_packs
from service.store.sql.database import Database
from service.store.sql.migrations import migrate
from service.terminal.report import show_report
from tests.diagnostic_codes import diagnostic_codes, experiment_codes, policy_codes
from tests.policies import SHIPPED

MANUAL = shipped("playbooks", "README.md").read_text("utf-8")
FRAME = (Path(__file__).parent / "corpus" / "manual" / "frame.yaml").read_text("utf-8")
#: Sections of which a fragment's stands instead of the frame's; those of others are joined.
SINGLE = frozenset({"playbook", "title", "about", "otherwise"})
_BLOCK = re.compile(
    r"(?:^<!-- (?P<marks>[^\n]*) -->\n)?^```(?P<language>\w+)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
PACKS = open_packs(shipped("playbooks", "policy", "laws")).laws
POLICY_FRAME = "policy: shown\ntitle: Shown\nabout: To show a rule.\nseller: {country: US}\n"
EXPERIMENT_FRAME = {
    "experiment": " shown\n",
    "title": " Shown\n",
    "hypothesis": " It can be shown.\n",
    "arms": " [{arm: a, playbook: house}, {arm: b, playbook: never-give-up}]\n",
    "primary": " {outcome: meeting_booked, within: 30 days}\n",
    "planned": " 2262\n",
}
#: The playbooks that a first start publishes, each with its newest version.
FIRST_LIBRARY = {path.stem: 1 for path in shipped("playbooks").glob("*.yaml")}
SHIPPED_EXPERIMENTS = sorted(shipped("playbooks", "experiments").glob("*.yaml"))
#: The manual without its blocks.
PROSE = _BLOCK.sub("", MANUAL)


@dataclass(frozen=True)
class Block:
    """A fenced block of the manual, and what the comment before it says of it."""

    line: int
    language: str
    text: str
    marks: dict[str, str] = field(default_factory=dict)

    @property
    def about(self) -> str:
        """What the block is about: a playbook, the contact policy or laws, an experiment."""
        if "policy" in self.marks or self.text.startswith(("policy:", "laws:")):
            return "policy"
        if "experiment" in self.marks or self.text.startswith("experiment:"):
            return "experiment"
        return "playbook"

    @property
    def experiment(self) -> str:
        """The whole text of a block of an experiment."""
        if "experiment" not in self.marks:
            return self.text
        whole = {**EXPERIMENT_FRAME, **sections(self.text)}
        return "".join(f"{name}:{body}" for name, body in whole.items())

    @property
    def policy(self) -> str:
        """The whole text of a block of a policy or of laws."""
        return POLICY_FRAME + self.text if "policy" in self.marks else self.text

    @property
    def playbook(self) -> str:
        """The whole text of a YAML block: itself, or the frame with the fragment in it."""
        fragment = self.marks.get("fragment")
        if fragment is None:
            return self.text
        return framed(under_when(self.text) if fragment == "when" else self.text)


def blocks(language: str) -> list[Block]:
    """The manual's blocks of one language; there is always one."""
    found = []
    for match in _BLOCK.finditer(MANUAL):
        marks = dict(mark.split(": ", 1) for mark in (match["marks"] or "").split("; ") if mark)
        line = MANUAL.count("\n", 0, match.start()) + 1
        found.append(Block(line, match["language"], match["text"], marks))
    assert {block.language for block in found} <= {"yaml", "json", "console", "text", "liquid"}
    chosen = [block for block in found if block.language == language]
    assert chosen
    return chosen


def params(language: str, about: str = "") -> list[Any]:
    """The blocks of one language as test cases, named after their lines; only those `about`."""
    chosen = [block for block in blocks(language) if about in ("", block.about)]
    assert chosen
    return [pytest.param(block, id=f"line-{block.line}") for block in chosen]


def under_when(condition: str) -> str:
    """A condition as the section `plays`."""
    lines = "".join(f"      {line}\n" for line in condition.splitlines())
    return (
        "plays:\n  - rule: shown\n    when:\n"
        f"{lines}    do: {{action: check_in, channel: email, template: short-note}}\n"
        "    because: To show the test.\n"
    )


def framed(fragment: str) -> str:
    """The frame with the sections of a fragment, which come before its own."""
    ours, frames = sections(fragment), sections(FRAME)
    merged = {**frames, **ours}
    for name in ours.keys() & frames.keys() - SINGLE:
        merged[name] = ours[name].rstrip("\n") + frames[name]
    return "".join(f"{name}:{body}" for name, body in merged.items() if body.strip())


def sections(text: str) -> dict[str, str]:
    """The top sections of a playbook's text by name: all that follows the colon."""
    parts = re.split(r"^([a-z_]+):", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


# ---- the examples -------------------------------------------------------------------


@pytest.mark.parametrize("block", params("yaml", "playbook"))
def test_examples_of_the_manual_run(block: Block) -> None:
    """Each loads, or has exactly the mistake that it shows; the examples inside it pass."""
    loaded = load(block.playbook)

    # A fragment need not use all that the frame has.
    told = [d for d in loaded.diagnostics if not (block.marks and d.code.startswith("unused-"))]
    if "shows" in block.marks:
        assert {diagnostic.code for diagnostic in loaded.diagnostics} == {block.marks["shows"]}
        return
    assert told == []
    assert loaded.playbook is not None
    assert loaded.ruleset is not None
    report = run_examples(make_ready(loaded.ruleset), SHIPPED, loaded.playbook.examples)
    failed = [result for result in report.results if not result.passed]
    assert len(failed) == int(block.marks.get("fails", 0)), failed


@pytest.mark.parametrize("block", params("yaml", "policy"))
def test_policies_of_the_manual_are_right(block: Block) -> None:
    """Each loads, or has exactly the mistake that it shows; its examples pass."""
    loaded: LoadedPolicy | LoadedLaws
    if block.policy.startswith("laws:"):
        loaded = load_laws(block.policy)
        policy = loaded.laws and policy_of_laws(loaded.laws)
    else:
        loaded = load_policy(block.policy, PACKS)
        policy = loaded.policy

    found = {diagnostic.code for diagnostic in loaded.diagnostics}
    assert found == ({block.marks["shows"]} if "shows" in block.marks else set())
    if policy is not None:
        report = run_policy_examples(policy, loaded.examples)
        assert [result for result in report.results if not result.passed] == []
        assert report.results


@pytest.mark.parametrize("block", params("yaml", "experiment"))
def test_experiments_of_the_manual_are_right(block: Block) -> None:
    """Each loads, with playbooks that ship with us, or has exactly the mistake that it shows."""
    loaded = load_experiment(block.experiment)

    found = {diagnostic.code for diagnostic in loaded.diagnostics}
    assert found == ({block.marks["shows"]} if "shows" in block.marks else set())
    if loaded.experiment is not None:
        assert list(unknown_playbooks(loaded.experiment, FIRST_LIBRARY)) == []


@pytest.mark.parametrize("block", params("yaml"))
def test_blocks_are_what_their_comments_say(block: Block) -> None:
    """Every mark is known, and a fragment names the sections that it has."""
    fragment = next(
        (block.marks[name] for name in ("fragment", "policy", "experiment") if name in block.marks),
        "",
    )

    assert block.marks.keys() <= {"file", "fragment", "policy", "experiment", "shows", "fails"}
    if fragment and fragment != "when":
        assert fragment.split(", ") == list(sections(block.text))
    if not block.marks:
        assert re.match(
            r"(# yaml-language-server: .*\n)?(playbook|policy|laws|experiment): ", block.text
        )


@pytest.mark.parametrize("block", params("console"))
def test_commands_print_what_the_manual_shows(
    block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each command, run among the manual's own files, prints what stands below it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "90")
    monkeypatch.delenv("DATABASE_URL", raising=False)
    for given in (*blocks("yaml"), *blocks("json")):
        if "file" in given.marks:
            Path(given.marks["file"]).write_text(given.text, "utf-8")
    if "library" in block.marks:
        _begin_with_what_ships(tmp_path)

    for command, shown in commands(block.text):
        assert command[0] == "unghost"
        result = CliRunner().invoke(main, command[1:], catch_exceptions=False)
        printed = [line.rstrip() for line in result.output.splitlines()]
        pattern = "\n".join(re.escape(line).replace(r"\.\.\.", ".*") for line in shown)
        assert re.fullmatch(pattern, "\n".join(printed).rstrip()), "\n".join(printed)


def _begin_with_what_ships(folder: Path) -> None:
    """Have the database that `unghost serve` would leave in a folder at its first start."""
    database = Database(f"sqlite:///{folder / 'unghost.db'}")
    migrate(database)
    policy = shipped("playbooks", "policy", "default.yaml")
    now = datetime(2026, 11, 20, 15, tzinfo=UTC)
    imported = import_folder(database, shipped("playbooks"), policy, PACKS, now)
    database.close()
    assert imported.problems == {}


def commands(text: str) -> Iterator[tuple[list[str], list[str]]]:
    """Each command of a block, and the lines below it."""
    assert text.startswith("$ ")
    for typed in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, *shown = typed.rstrip("\n").split("\n")
        yield shlex.split(command), shown


def test_the_change_that_the_manual_proposes_can_be_made() -> None:
    """The line of the shipped playbook stands there as quoted, and the changed one is sound."""
    text = shipped("playbooks", "clean-break-up.yaml").read_text("utf-8")
    [(before, after)] = re.findall(r"`(value: \d+)` to `(value: \d+)`", PROSE)
    [line] = re.findall(rf"^  pace_days: {{{before}, .*$", text, re.MULTILINE)

    assert load(text.replace(line, line.replace(before, after))).diagnostics == ()


def test_the_modeline_of_the_manual_is_that_of_the_shipped_playbooks() -> None:
    """Whoever copies it gets help from their editor."""
    [modeline] = set(re.findall(r"^# yaml-language-server: .*$", MANUAL, re.MULTILINE))

    shipped_playbooks = sorted(shipped("playbooks").glob("*.yaml"))
    assert shipped_playbooks
    for path in shipped_playbooks:
        assert path.read_text("utf-8").splitlines()[0] == modeline


# ---- the reference ------------------------------------------------------------------


def table(heading: str) -> dict[str, list[str]]:
    """The rows of the table under a heading: the name in the first cell, and the other cells."""
    parts = re.split(r"^#+ (.*)\n", PROSE, flags=re.MULTILINE)
    text = dict(zip(parts[1::2], parts[2::2], strict=True))[heading]
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| `")]
    assert rows
    names = [row[0].strip().strip("`") for row in rows]
    assert len(set(names)) == len(names)
    return {name: [cell.strip() for cell in row[1:]] for name, row in zip(names, rows, strict=True)}


@pytest.mark.parametrize(
    ("heading", "computed"), [("Facts that you give", False), ("Facts that are computed", True)]
)
def test_facts_are_listed_with_their_types(heading: str, computed: bool) -> None:
    """Every standard fact is there, with its type, and its words in order."""
    expected = {
        name: fact.type + (f": {' < '.join(fact.values)}" if fact.ordered else "")
        for name, fact in STANDARD_FACTS.items()
        if (fact.origin == "history") is computed
    }

    assert {name: cells[0] for name, cells in table(heading).items()} == expected


def test_words_of_unordered_choices_are_listed() -> None:
    """Each word that a standard fact can be stands in its row."""
    rows = {**table("Facts that you give"), **table("Facts that are computed")}
    channels_and_outcomes = (*CHANNELS, *OUTBOUND_OUTCOMES, *INBOUND_OUTCOMES)
    expected = [
        (name, word)
        for name, fact in STANDARD_FACTS.items()
        for word in fact.values
        if word not in channels_and_outcomes
    ]

    missing = [(name, word) for name, word in expected if word not in " ".join(rows[name])]
    assert missing == []


def test_actions_are_listed_with_their_titles() -> None:
    """In the words that answers show to people."""
    listed = {name: cells[0] for name, cells in table("Actions").items()}

    assert listed == ACTIONS


def test_channels_are_listed_with_their_limits() -> None:
    """The most characters of a message on each."""
    listed = {name: cells[-1] for name, cells in table("Channels").items()}

    assert listed == {name: f"{wording.BODY_LIMITS[name]:,}" for name in CHANNELS}


def test_outcomes_are_listed_with_what_they_count_as() -> None:
    """Human contact, no attempt, or the end of all contact."""
    listed = table("Outcomes")

    assert list(listed) == [*OUTBOUND_OUTCOMES, *INBOUND_OUTCOMES]
    for words, names in (
        ("human contact", HUMAN_INBOUND | TALK),
        ("no attempt", UNREACHED),
        ("ends all contact", OPT_OUTS),
    ):
        assert {name for name, cells in listed.items() if words in cells[-1]} == names
    for name, cells in listed.items():
        assert cells[0] == ("from us" if name in OUTBOUND_OUTCOMES else "from them")


def test_windows_are_listed_with_their_hours() -> None:
    """As they are built in."""
    listed = table("Windows that are always there")

    assert list(listed) == list(BUILT_IN_WINDOWS)
    for name, window in BUILT_IN_WINDOWS.items():
        for moment in (minute for hours in window.hours for minute in hours):
            assert f"{moment // 60:02}:{moment % 60:02}" in " ".join(listed[name])


def test_operators_are_listed() -> None:
    """Those of tests, and of arithmetic; hit policies and reasons too."""
    assert set(table("Operators")) == {*get_args(Operator), "between", "not"}
    assert set(table("Arithmetic")) == set(get_args(Sum))
    assert set(table("Tables")) == set(get_args(HitPolicy))
    assert set(table("The five reasons")) == set(get_args(Reason))


def test_filters_are_listed() -> None:
    """Every filter that a template may use."""
    assert set(table("Filters")) == set(FILTERS)


def test_every_message_is_listed() -> None:
    """The codes in the manual are those that the product can give, both ways."""
    listed = table("Every message of `unghost check`")

    assert set(listed) == diagnostic_codes()
    assert all(len(cells) == 2 and all(cells) for cells in listed.values())


def test_every_message_about_policies_is_listed() -> None:
    """Those that playbooks cannot have stand in the chapter on the policy."""
    listed = table("Messages about the contact policy")

    assert set(listed) == policy_codes()
    assert all(len(cells) == 2 and all(cells) for cells in listed.values())


def test_every_message_about_experiments_is_listed() -> None:
    """Those that playbooks cannot have stand in the chapter on experiments."""
    listed = table("Messages about experiments")

    assert set(listed) == experiment_codes()
    assert all(len(cells) == 2 and all(cells) for cells in listed.values())


def test_words_of_experiments_are_listed() -> None:
    """In order, with what holds where they are left out; and the facts of an audience."""
    schema = json.loads(shipped("schemas", "experiment.schema.json").read_text("utf-8"))
    rows, code = table("The words of an experiment"), set(re.findall(r"`([a-z_]+)`", PROSE))

    assert list(rows) == list(schema["properties"])
    for name, cells in rows.items():
        assert schema["properties"][name].get("default", "") in cells[1]
        assert (cells[1] == "always needed") is (name in schema["required"])
    assert set(BEFORE_CONTACT) <= code


def test_every_verdict_is_listed_with_its_sentence() -> None:
    """One that the product has given for the counts of a case of its own tests."""
    cases = Path(__file__).parent / "experiment" / "reading" / "verdicts.yaml"
    given = {(case["code"], case["text"]) for case in yaml.safe_load(cases.read_text()).values()}
    listed = table("The verdicts")

    assert set(listed) == set(get_args(Code))
    assert {(code, cells[0]) for code, cells in listed.items()} <= given
    assert all(cells[1] for cells in listed.values())


def test_the_report_is_shown_as_it_is() -> None:
    """That of the shipped experiment at its end, with as many meetings as `plan` hopes for."""
    [shown] = [block for block in blocks("text") if "report" in block.marks]
    [file] = SHIPPED_EXPERIMENTS
    experiment = load_experiment(file.read_bytes()).experiment
    assert experiment is not None
    half, arms = experiment.planned // 2, []
    for arm, booked, out in zip(experiment.arms, (57, 91), (6, 4), strict=True):
        funnel = Funnel(half + 40, half + 40, half - 90, half)
        harm = {"opted_out": Harmed(out, out)}
        arms.append(ArmCounts(arm.name, 0.5, funnel, booked, harm, Tally(half, booked)))
    begun = datetime(2027, 1, 11, 9, tzinfo=UTC)
    now = begun + timedelta(days=194)
    look = Look(now, begun, tuple(arms), now - timedelta(days=33))
    told = any_time(experiment, look, arms[1])
    assert told is not None
    look = replace(look, arms=(arms[0], replace(arms[1], told=told.interval)))
    report = read(experiment, look)
    phase = PhaseRow(1, 1, "seed", 2, begun, {})
    life = Life(experiment.name, "running", 1, begun, None, None, None, None, None, (phase,))

    console = Console(file=StringIO(), width=90)
    show_report(console, PhaseReport(life, 1, experiment, report, 0, ()))

    assert report.verdict.code == shown.marks["report"]
    printed = console.file.getvalue()  # type: ignore[attr-defined]
    lines = [line.rstrip() for line in printed.splitlines()]
    assert "\n".join(lines).strip() == shown.text.strip()


def test_limits_near_zero_need_as_many_accounts_as_the_manual_says() -> None:
    """Without a single complaint, and with one."""
    [(none, one)] = re.findall(r"before (\d+) accounts .* with one it takes ([\d,]+)\.", PROSE)

    for events, units in ((0, int(none)), (1, int(one.replace(",", "")))):
        found = wilson(Tally(units, events), 0.10)
        assert found is not None
        assert found.high == pytest.approx(0.003, rel=0.01)
        assert found.high < 0.003


@pytest.mark.parametrize("path", SHIPPED_EXPERIMENTS, ids=lambda path: path.stem)
def test_shipped_experiments_are_right(path: Path) -> None:
    """They have every word, name playbooks that ship too, and are as large as they say."""
    text = path.read_text("utf-8")
    loaded = load_experiment(text)
    assert set(sections(text)) == set(table("The words of an experiment"))

    assert loaded.diagnostics == ()
    assert loaded.experiment is not None
    assert list(unknown_playbooks(loaded.experiment, FIRST_LIBRARY)) == []
    assert f"(experiments/{path.name})" in MANUAL
    [typed] = re.findall(r"`unghost (experiment plan [^`]*)`", text)
    printed = CliRunner().invoke(main, shlex.split(typed)).output
    assert printed.startswith(f"{loaded.experiment.planned:,} accounts")


def test_words_of_the_policy_are_listed() -> None:
    """What rules ask for, the verdicts, the guards that always stand, and the packs."""
    schema = json.loads(shipped("schemas", "policy.schema.json").read_text("utf-8"))["$defs"]
    demands = [choice["required"][0] for choice in schema["rule"]["oneOf"]]

    assert list(table("What a rule asks for")) == demands
    assert (
        list(table("The four verdicts")) == (schema["expectation"]["properties"]["verdict"]["enum"])
    )
    assert tuple(table("Guards that are always there")) == STANDING_GUARDS
    assert set(table("Laws")) == set(PACKS)


def test_limits_are_those_of_the_product() -> None:
    """Every limit stands in the table, with its number."""
    numbers = " ".join(" ".join(cells) for cells in table("Limits").values())
    schema = json.loads(shipped("schemas", "playbook.schema.json").read_text("utf-8"))
    sizes = {
        "file": source.MAX_BYTES,
        "nodes": refusals.MAX_NODES,
        "depth": refusals.MAX_DEPTH,
        "text": refusals.MAX_CHARACTERS,
        "diagnostics": source.MAX_DIAGNOSTICS,
        "rules": limits.MOST_RULES,
        "tests": limits.MOST_TESTS,
        "tests of a rule": limits.MOST_TESTS_IN_A_RULE,
        "layers": limits.MOST_STRATA,
        "subject": wording.SUBJECT_LIMIT,
        "markup": markup.LONGEST_MARKUP,
        "blocks": markup.DEEPEST_BLOCK,
        "filters": MOST_FILTERS,
        "loops": MOST_LOOPS,
        "message": LONGEST_OUTPUT,
        "parameter": schema["$defs"]["parameter"]["properties"]["value"]["maximum"],
        "steps": schema["$defs"]["sequence"]["properties"]["steps"]["maxItems"],
        "plays": schema["properties"]["plays"]["maxItems"],
        "rows": schema["$defs"]["table"]["properties"]["rows"]["maxItems"],
        "examples": schema["properties"]["examples"]["maxItems"],
    }

    missing = [name for name, size in sizes.items() if not re.search(rf"\b{size:,}\b", numbers)]
    assert missing == []


@pytest.mark.parametrize("name", ["playbook", "policy", "laws", "experiment"])
def test_every_key_of_the_schema_is_in_the_manual(name: str) -> None:
    """Whatever can be written in a document of ours is explained somewhere."""
    schema = json.loads(shipped("schemas", f"{name}.schema.json").read_text("utf-8"))
    code = " ".join(re.findall(r"^```yaml\n.*?^```$|`[^`\n]+`", MANUAL, re.MULTILINE | re.DOTALL))
    words = set(re.findall(r"[a-z_]+", code))

    assert keys(schema) - words == set()


def keys(schema: Any) -> set[str]:
    """Every name that a schema has under `properties`, at any depth."""
    if isinstance(schema, list):
        return {name for part in schema for name in keys(part)}
    if not isinstance(schema, dict):
        return set()
    named = schema.get("properties")
    mine = set(named) if isinstance(named, dict) else set()
    return mine | {name for part in schema.values() for name in keys(part)}


def test_every_shipped_playbook_is_described() -> None:
    """Each has its paragraph, and no other is named."""
    listed = re.findall(r"^### `([a-z-]+)`", MANUAL, re.MULTILINE)

    assert sorted(listed) == sorted(path.stem for path in shipped("playbooks").glob("*.yaml"))


def test_the_manual_names_no_file_that_is_not_there() -> None:
    """Links lead somewhere, inside the manual and out of it."""
    headings = {
        re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(
            r"^#+ (.*)$",
            re.sub(r"^```.*?^```", "", MANUAL, flags=re.MULTILINE | re.DOTALL),
            re.MULTILINE,
        )
    }
    folder = shipped("playbooks")

    for target in re.findall(r"\]\(([^)]+)\)", PROSE):
        if target.startswith("#"):
            assert target[1:] in headings, target
        else:
            assert (folder / target).exists(), target
