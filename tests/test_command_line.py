"""`unghost`, as it is typed: what it prints, and what it exits with."""

import json
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from service.__main__ import main
from service.playbook import Diagnostic, Place
from service.terminal.answer import ago
from service.terminal.mistakes import annotation, excerpt

CASES = Path(__file__).parent / "corpus" / "command_line"
REQUEST = str(CASES / "request.json")
ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(autouse=True)
def _in_the_cases_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CASES)
    monkeypatch.setenv("UNGHOST_PLAYBOOKS", str(CASES))
    monkeypatch.setenv("COLUMNS", "100")


def unghost(*arguments: str, stdin: bytes | None = None) -> Result:
    """The command, run as if typed."""
    return CliRunner().invoke(main, arguments, input=stdin, catch_exceptions=False)


# ---- what there is ------------------------------------------------------------------

COMMANDS = [
    *("audit list", "audit verify", "backup", "check", "decide"),
    "experiment archive",
    *("experiment list", "experiment plan", "experiment report", "experiment ship"),
    *("experiment ship-none", "experiment show", "experiment start", "experiment stop"),
    *("experiment stop-arm", "experiment unarchive"),
    *("keys create", "keys list", "keys revoke", "migrate", "pull", "push"),
    *("serve", "test", "timeline", "why"),
]


def test_every_command_is_offered() -> None:
    """By name, in the order of the alphabet, each with a sentence."""
    _, commands = unghost("--help").output.split("Commands:\n")

    offered = [line.split(maxsplit=1) for line in commands.splitlines()]
    assert [name for name, _ in offered] == list(dict.fromkeys(c.split()[0] for c in COMMANDS))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_explains_itself(command: str) -> None:
    """No option and no command without a word of help, and none that help alone can break."""
    result = unghost(*command.split(), "--help")

    _, said, options = re.split(r"\n\n  (?=\S)|\nOptions:\n", result.output, maxsplit=2)
    assert result.exit_code == 0
    assert said.strip()
    silent = [line for line in options.splitlines() if re.fullmatch(r"  -\S+( [A-Z_]+)?", line)]
    assert silent == []


def test_an_unknown_command_is_refused() -> None:
    """In click's own words."""
    result = unghost("chekc")

    assert "No such command 'chekc'" in result.stderr
    assert result.exit_code == 2


def test_the_database_is_imported_only_by_commands_that_need_it() -> None:
    """It would make all others half as slow again to start."""
    program = "import sys, service.__main__; sys.exit('sqlalchemy' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0


# ---- check --------------------------------------------------------------------------


def test_check_shows_each_mistake_under_its_line() -> None:
    """A mistake comes with its place, its line, a caret under the word, and what to do."""
    result = unghost("check", "faulty.yaml")

    assert result.output.splitlines() == [
        "faulty.yaml:10:12: error: there is no fact `attempst` [unknown-fact]",
        " 10 |     when: {attempst: {at_least: 2}, ever_replied: true}",
        "    |            ^",
        "    = did you mean `attempts`?",
        "faulty.yaml:23:17: error: there is no template `woried-about-you` [unknown-template]",
        " 23 |       template: woried-about-you",
        "    |                 ^",
        "    = did you mean `worried-about-you`?",
        "2 errors and 0 warnings in 1 playbook",
    ]
    assert result.exit_code == 1


def test_check_of_a_sound_playbook_says_so() -> None:
    """Nothing wrong is said in one line."""
    result = unghost("check", "sound.yaml")

    assert result.output == "no mistakes in 1 playbook\n"
    assert result.exit_code == 0


def test_check_passes_where_there_are_only_warnings(tmp_path: Path) -> None:
    """A warning is shown, and does not fail."""
    file = tmp_path / "unused.yaml"
    unused = "\n  spare: {value: 1, unit: days, title: Nobody asks for it}"
    file.write_text(
        (CASES / "sound.yaml").read_text().replace("parameters:", f"parameters:{unused}")
    )

    result = unghost("check", str(file))

    assert "warning" in result.output
    assert result.output.endswith("0 errors and 1 warning in 1 playbook\n")
    assert result.exit_code == 0


def test_check_goes_on_after_a_file_that_cannot_be_read() -> None:
    """The others are checked all the same; the exit code tells of the worst."""
    result = unghost("check", "none.yaml", "faulty.yaml")

    assert "none.yaml: cannot be read: no such file or directory\n" in result.stderr
    assert "unknown-fact" in result.stdout
    assert result.exit_code == 2


def test_check_knows_a_policy_and_laws_by_their_first_word(tmp_path: Path) -> None:
    """They are checked as what they are; the laws beside a policy are those it may name."""
    (tmp_path / "laws").mkdir()
    laws, policy = tmp_path / "laws" / "ours.yaml", tmp_path / "policy.yaml"
    law = "{law: late, country: US, gap: 1 hour, citation: Act 1, checked: 2026-11-22, because: B.}"
    laws.write_text(f"# Ours.\nlaws: ours\ntitle: Ours\nnotice: No advice.\nrows:\n  - {law}\n")
    policy.write_text("---\npolicy: mine\ntitle: Mine\nabout: Mine.\nlaws: [ours]\n")

    sound = unghost("check", str(laws), str(policy), "sound.yaml")
    policy.write_text(policy.read_text().replace("[ours]", "[hours, france]"))
    faulty = unghost("check", str(policy))

    assert sound.output == "no mistakes in 3 files\n"
    assert sound.exit_code == 0
    assert faulty.output.splitlines() == [
        f"{policy}:5:8: error: there is no law and no pack `hours` [unknown-law]",
        " 5 | laws: [hours, france]",
        "   |        ^",
        "   = did you mean `ours`?",
        f"{policy}:5:15: error: there is no law and no pack `france` [unknown-law]",
        " 5 | laws: [hours, france]",
        "   |               ^",
        "   = one of: `late`, `ours`",
        "2 errors and 0 warnings in 1 file",
    ]
    assert faulty.exit_code == 1


def test_check_knows_an_experiment_by_its_first_word() -> None:
    """It is checked as one, and has no examples to run."""
    cases = CASES.parent / "experiments"
    sound, faulty = (
        str(cases / name) for name in ("valid/three-arms.yaml", "invalid/unknown-fact.yaml")
    )

    assert unghost("check", sound).output == "no mistakes in 1 file\n"
    wrong = unghost("check", faulty)
    assert "error: there is no fact" in wrong.output
    assert wrong.exit_code == 1
    assert unghost("test", sound).output == f"{sound}: an experiment has no examples\n"
    assert "error: there is no fact" in unghost("test", faulty).output


def test_a_policy_without_packs_beside_it_may_name_those_that_ship(tmp_path: Path) -> None:
    """Somebody who writes their first policy need not copy the laws."""
    policy = tmp_path / "policy.yaml"
    policy.write_text("policy: mine\ntitle: Mine\nabout: Mine.\nlaws: [france]\n")

    assert unghost("check", str(policy)).exit_code == 0


def test_a_policy_is_no_playbook(tmp_path: Path) -> None:
    """Nobody decides with a policy in the place of a playbook."""
    policy = tmp_path / "policy.yaml"
    policy.write_text("policy: mine\ntitle: Mine\nabout: Mine.\n")

    result = unghost("decide", REQUEST, "--playbook", str(policy))

    assert result.stderr == f"{policy}: holds no playbook; `unghost check` shows its mistakes\n"
    assert result.exit_code == 2


def test_check_as_json_is_what_the_service_gives() -> None:
    """Programs get the diagnostics as `/v1/playbooks/validate` has them."""
    result = unghost("check", "--format", "json", "faulty.yaml", "sound.yaml", "none.yaml")

    faulty, sound, none = json.loads(result.stdout)["files"]
    assert faulty["diagnostics"][0] == {
        "code": "unknown-fact",
        "severity": "error",
        "message": "there is no fact `attempst`",
        "line": 10,
        "column": 12,
        "hint": "did you mean `attempts`?",
    }
    assert (faulty["valid"], sound["valid"], none["valid"]) == (False, True, False)
    assert none["unreadable"] == "cannot be read: no such file or directory"
    assert result.exit_code == 2


def test_check_for_github_gives_one_command_a_mistake() -> None:
    """GitHub shows each beside its line."""
    result = unghost("check", "--format", "github", "faulty.yaml")

    assert result.output.splitlines()[0] == (
        "::error file=faulty.yaml,line=10,col=12,title=unknown-fact"
        "::there is no fact `attempst` (did you mean `attempts`?)"
    )
    assert result.exit_code == 1


def test_annotation_escapes_what_would_end_a_field() -> None:
    """A file's name or a message cannot begin a command of its own."""
    written = annotation("a,b:c%.yaml", Diagnostic("x", "one\r\n::two", Place(1, 2)))

    assert written == "::error file=a%2Cb%3Ac%25.yaml,line=1,col=2,title=x::one%0D%0A::two"


@pytest.mark.parametrize(
    ("line", "column", "expected"),
    [
        ("ab: cd", 5, ("ab: cd", "    ^")),
        ("ab: cd", 7, ("ab: cd", "      ^")),
        ("\tab", 2, (" ab", " ^")),
        ("名前: x", 5, ("名前: x", "      ^")),
        ("a\x1b[2Jb", 6, ("a\ufffd[2Jb", "     ^")),
        ("x" * 300, 200, ("…" + "x" * 100 + "…", " " * 51 + "^")),
        ("x" * 300, 300, ("…" + "x" * 100, " " * 100 + "^")),
    ],
)
def test_excerpt_has_its_caret_under_the_column(
    line: str, column: int, expected: tuple[str, str]
) -> None:
    """Also after tabs, wide characters and what a terminal would obey, and in long lines."""
    assert excerpt(line, column) == expected


def test_check_obeys_nothing_in_a_playbook(tmp_path: Path) -> None:
    """An escape sequence in a file never reaches the terminal."""
    file = tmp_path / "evil.yaml"
    file.write_bytes(b"playbook: \x1b[2Jx\n")

    assert "\x1b" not in unghost("check", str(file)).output


# ---- test ---------------------------------------------------------------------------


def test_test_says_what_passed_and_what_no_example_reaches() -> None:
    """Every example has its line; rules that none reaches are named."""
    result = unghost("test", "sound.yaml")

    assert result.output.splitlines() == [
        "passed silent after two tries",
        "sound.yaml: 1 of 1 example passed",
        "sound.yaml: no example reaches `gift`, `otherwise`",
    ]
    assert result.exit_code == 0


def test_test_shows_expected_beside_actual() -> None:
    """A failing example shows what it expected, what came, and why; only what differs."""
    result = unghost("test", "failing.yaml")

    lines = [line.split() for line in result.output.splitlines()]
    assert lines[:4] == [
        ["FAILED", "silent", "after", "two", "tries", "failing.yaml:42"],
        ["expected", "actual"],
        ["action", "break_up", "reopen"],
        ["because:", "Appeal", "to", "their", "sense", "of", "being", "a", "good", "person."],
    ]
    assert result.exit_code == 1


def test_test_without_examples_says_how_to_begin(tmp_path: Path) -> None:
    """A playbook without examples has not failed; the example that is proposed can be run."""
    sound = (CASES / "sound.yaml").read_text("utf-8")
    bare = tmp_path / "bare.yaml"
    bare.write_text(sound[: sound.index("examples:")], "utf-8")

    result = unghost("test", str(bare))

    first, _, proposed = result.output.partition("\n")
    assert first.endswith("bare.yaml: there are no examples yet. Begin with one, at the end:")
    assert result.exit_code == 0
    bare.write_text(f"{bare.read_text('utf-8')}{proposed}", "utf-8")
    assert "1 of 1 example passed" in unghost("test", str(bare)).output


def test_test_runs_the_examples_of_policies_and_laws(tmp_path: Path) -> None:
    """As it runs those of playbooks: with the same look, and the same ends."""
    policy, laws = tmp_path / "policy.yaml", tmp_path / "laws.yaml"
    rule = "{guard: late, channels: [phone], hours: 08:00-18:00, because: Families.}"
    other = "{guard: rest, channels: [email], gap: 4 hours, because: Let them read.}"
    law = "{law: late, country: US, gap: 1 hour, citation: Act 1, checked: 2026-11-22, because: B.}"
    case = (
        "{example: six, prospect: {time_zone: America/Chicago}, as_of: 2026-11-18 18:00,"
        " by: phone, expect: {verdict: ALLOW}}"
    )
    head = "policy: mine\ntitle: Mine\nabout: Mine.\nrules:\n"
    policy.write_text(f"{head}  - {rule}\n  - {other}\nexamples:\n  - {case}\n")
    laws.write_text(
        f"laws: ours\ntitle: Ours\nnotice: None.\nrows:\n  - {law}\nexamples:\n  - {case}\n"
    )

    failing, passing = unghost("test", str(policy)), unghost("test", str(laws))

    assert [line.split() for line in failing.output.splitlines()] == [
        ["FAILED", "six", f"{policy}:8"],
        ["expected", "actual"],
        ["verdict", "ALLOW", "HOLD_UNTIL"],
        ["because:", "`late`:", "Families."],
        [f"{policy}:", "0", "of", "1", "example", "passed"],
        [f"{policy}:", "no", "example", "reaches", "`rest`"],
    ]
    assert failing.exit_code == 1
    assert passing.output.splitlines() == [
        "passed six",
        f"{laws}: 1 of 1 example passed",
        f"{laws}: no example reaches `late`",
    ]
    assert passing.exit_code == 0


def test_test_of_a_policy_without_examples_or_with_errors(tmp_path: Path) -> None:
    """It says how to begin, and the proposal can be run; or it shows what is wrong."""
    policy = tmp_path / "policy.yaml"
    policy.write_text("policy: mine\ntitle: Mine\nabout: Mine.\n")

    bare = unghost("test", str(policy))

    first, _, proposed = bare.output.partition("\n")
    assert first.endswith("policy.yaml: there are no examples yet. Begin with one, at the end:")
    assert bare.exit_code == 0
    policy.write_text(policy.read_text() + proposed)
    assert "1 of 1 example passed" in unghost("test", str(policy)).output
    policy.write_text(policy.read_text().replace("opt-out}", "opted}"))
    faulty = unghost("test", str(policy))
    assert "there is no guard `opted` [unknown-guard]" in faulty.output
    assert faulty.exit_code == 1


def test_test_of_a_faulty_playbook_shows_its_errors() -> None:
    """What cannot be loaded cannot be tested, and says why."""
    result = unghost("test", "faulty.yaml", "none.yaml")

    assert "faulty.yaml:10:12: error: there is no fact `attempst`" in result.stdout
    assert result.exit_code == 2


# ---- decide -------------------------------------------------------------------------


def test_decide_answers_in_words() -> None:
    """A person reads what to do, how, when, what to say, why, and what is not known."""
    result = unghost("decide", REQUEST)

    assert result.exit_code == 0
    said = " ".join(result.output.split())
    for words in (
        "Do Reopen the conversation, by voicemail",
        "When Friday 20 November 2026, 14:00 (America/Chicago, business hours)",
        "Say [worried-about-you] Hi Kathy, I was worried about you.",
        "First - look in your junk folder first",
        "Why Appeal to their sense of being a good person. (a play fits)",
        "gone-silent (line 9): Two tries went unanswered. [attempts 2, ever_replied yes]",
        "Unknown existing_client, rapport",
        "Note `seniorty` is no fact of this playbook; it was passed over (did you mean",
        "Playbook sound (sha256:",
    ):
        assert words in said


def test_decide_tells_what_is_overdue_and_what_is_held(tmp_path: Path) -> None:
    """Since when it was due, how long ago that is, and what it has to wait for."""
    request, policy = tmp_path / "request.json", tmp_path / "policy.yaml"
    asked = json.loads(Path(REQUEST).read_text()) | {"as_of": "2026-11-20T17:30:00-06:00"}
    request.write_text(json.dumps(asked))
    policy.write_text(
        "policy: mine\ntitle: Mine\nabout: Mine.\nrules:\n"
        "  - {guard: only-on-mondays, days: [mon], hours: 10:00-12:00, because: As they wished.}\n"
    )

    result = unghost("decide", "--policy", str(policy), str(request))

    said = " ".join(result.output.split())
    for words in (
        "When Monday 23 November 2026, 10:00 (America/Chicago, business hours)",
        "until Monday 23 November 2026, 12:00",
        "it was due on Friday 13 November 2026, 09:00: 7 days ago",
        "Why Appeal to their sense of being a good person. (a play fits, but contact has to wait)",
        "Limits only-on-mondays: not before Monday 23 November 2026, 10:00. As they wished.",
    ):
        assert words in said


@pytest.mark.parametrize(
    ("duration", "words"),
    [("P1DT6H", "1 day ago"), ("P12D", "12 days ago"), ("PT23H59M", "23 hours ago"),
     ("PT1M1S", "1 minute ago"), ("PT40S", "40 seconds ago")],
)  # fmt: skip
def test_how_long_ago_is_told_by_its_longest_part(duration: str, words: str) -> None:
    """Nobody needs the seconds of a week."""
    assert ago(duration) == words


def test_decide_as_json_is_the_services_answer() -> None:
    """The same fields, but for the id that the service gives; the same twice."""
    first = unghost("decide", "--json", REQUEST)
    second = unghost("decide", "--json", "--playbook", "./sound.yaml", REQUEST)

    answer = json.loads(first.stdout)
    schema = json.loads((CASES.parents[2] / "schemas" / "decision.schema.json").read_text())
    assert set(schema["required"]) - set(answer) == {"decision_id"}
    assert first.stdout == second.stdout


def test_decide_reads_the_standard_input() -> None:
    """`-` is the standard input."""
    result = unghost("decide", "-", "--json", stdin=Path(REQUEST).read_bytes())

    assert json.loads(result.stdout)["action"] == "reopen"


def test_decide_shows_titles_of_the_playbooks_own_actions() -> None:
    """An action that the playbook declares goes by the title it has there."""
    request = json.loads(Path(REQUEST).read_text())
    request["prospect"] |= {"rapport": "strong", "existing_client": True}

    result = unghost("decide", "-", stdin=json.dumps(request).encode())

    assert result.output.split("\n")[0].split() == ["Do", "Send", "a", "gift"]


@pytest.mark.parametrize(
    ("request_text", "expected"),
    [
        ("{", "the body is not JSON"),
        ("[]", "must be an object"),
        ('{"prospect": {"id": 1}, "history": []}', "/prospect/id: must be a text"),
        ('{"prospect": {"id": "c"}, "history": [], "as_of": "now"}', "/as_of: must be"),
        (
            '{"prospect": {"id": "c", "seniority": "boss"}, "history": [], "playbook": "sound"}',
            "/prospect/seniority: must be one of",
        ),
        ('{"prospect": {"id": "c"}, "history": [], "\\u001b": 1}', "\ufffd: is not a field"),
        (
            '{"prospect": {"id": "c"}, "history": [], "playbook": "sond"}',
            "there is no playbook `sond`",
        ),
        ('{"prospect": {"id": "c"}, "history": [], "playbook": "./sound.yaml"}', "/playbook"),
    ],
)
def test_decide_refuses_a_request_that_is_not_valid(request_text: str, expected: str) -> None:
    """It names the field and exits with 2."""
    result = unghost("decide", "-", stdin=request_text.encode())

    assert expected in result.stderr
    assert "\x1b" not in result.output
    assert result.exit_code == 2


def test_decide_with_a_faulty_playbook_shows_its_errors() -> None:
    """What is wrong with the playbook is shown as `check` shows it."""
    result = unghost("decide", "--playbook", "./faulty.yaml", REQUEST)

    assert "faulty.yaml:10:12: error: there is no fact `attempst`" in result.stderr
    assert result.exit_code == 1


# ---- the rest -------------------------------------------------------------------


def test_version_is_the_packages() -> None:
    """`--version` says which version is installed."""
    assert unghost("--version").output.split()[-1] == version("unghost")


@pytest.mark.parametrize("command", ["check", "test", "decide", "serve"])
def test_every_command_explains_itself(command: str) -> None:
    """`--help` works and begins with a sentence."""
    result = unghost(command, "--help")

    assert result.exit_code == 0
    assert result.output.splitlines()[2].strip().endswith((".", ","))


# ---- why ----------------------------------------------------------------------------


def test_why_tells_what_a_play_lacks_and_what_would_change_it() -> None:
    """In sentences: what is missing, and what would make the play win."""
    facts = "`existing_client` true and `rapport` strong"
    result = unghost("why", "request.json", "gift", "--playbook", "sound.yaml")

    assert [line.rstrip() for line in result.output.splitlines()] == [
        "gift (line 14): Send a gift. It fits or not, nobody knows.",
        "  Missing    `rapport` is not known, and must be strong (line 14)",
        "             `existing_client` is not known, and must be true (line 14)",
        f"  Facts      It would win with {facts}, and be due 2026-11-20",
        "             14:00.",
        "  On course  Never while they are silent: 1,100 days go by without it.",
        "  By itself  Never by time alone: 1,100 days go by without it.",
    ]
    assert result.exit_code == 0


def test_why_of_the_winner_says_that_it_wins() -> None:
    """There is nothing to change."""
    said = "Reopen the conversation, by voicemail"
    result = unghost("why", REQUEST, "good-person-voicemail")

    assert [line.rstrip() for line in result.output.splitlines()] == [
        f"`good-person-voicemail` wins: {said}, due 2026-11-20 14:00.",
        "  Because    Appeal to their sense of being a good person.",
    ]


def test_why_tells_which_guard_turned_a_play_away() -> None:
    """In the guard's words, with what would open the way; the rest is said once for all plays."""
    body = json.loads(Path(REQUEST).read_text())
    body["prospect"] |= {"do_not_call": True}

    result = unghost("why", "-", stdin=json.dumps(body).encode())

    lines = [line.rstrip() for line in result.output.splitlines()]
    assert "  Policy     do-not-call bars it: They are on a do-not-call list." in lines
    assert [line for line in lines if "`do_not_call` false" in line]
    assert lines[-1].startswith("No other play comes up by time alone")


def test_why_as_json_is_the_whole_answer() -> None:
    """As the service gives it with `explain=full`."""
    answer = json.loads(unghost("why", REQUEST, "--json").output)

    report = answer["explanation"]["why_not"]
    assert [play["rule"] for play in report["plays"]] == ["gift"]
    assert report["searched"] == "complete"


def test_why_names_the_nearest_play_where_there_is_none() -> None:
    """A slip of the pen is told, and what may have been meant."""
    result = unghost("why", REQUEST, "gifts")

    assert result.output.splitlines() == ["there is no play `gifts`", "did you mean `gift`?"]
    assert result.exit_code == 2
