"""`unghost push` and `unghost pull`: a folder and the library kept in step, as it is typed."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from service.store.documents.documents import Documents
from service.store.documents.in_step import standing
from service.store.first_start import import_folder
from service.store.sql.database import Database
from service.store.sql.migrations import migrate
from service.terminal.pull import pull_command
from service.terminal.push import push_command
from tests.store.library_texts import (
    NOW,
    PACKS,
    POLICY,
    experiment,
    library,
    playbook,
    published,
    written,
)


@pytest.fixture
def documents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Documents:
    """An empty library, which is the one that the commands work on."""
    url = f"sqlite:///{tmp_path / 'unghost.db'}"
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)
    database = Database(url)
    migrate(database)
    return library(database)


@pytest.fixture
def folder(tmp_path: Path, documents: Documents) -> Path:
    """A folder that is in step with the library since its first start."""
    found = written(tmp_path / "here")
    database = Database(f"sqlite:///{tmp_path / 'unghost.db'}")
    import_folder(database, found, found / "policy" / "default.yaml", PACKS, NOW)
    assert documents.all()
    return Path("here")


def push(*arguments: object) -> Result:
    """The command, run as if typed."""
    return CliRunner().invoke(push_command, [*map(str, arguments)], catch_exceptions=False)


def pull(*arguments: object) -> Result:
    """The same."""
    return CliRunner().invoke(pull_command, [*map(str, arguments)], catch_exceptions=False)


def lines(result: Result) -> list[str]:
    """What it printed."""
    return result.output.splitlines()


NONE_TO_PUSH = "there is nothing to publish"
NONE_TO_PULL = "there is nothing to fetch"
CHANGE = "  play `again` waits 5 days after the step before → {} days after the step before"


# ---- push ---------------------------------------------------------------------------


def test_a_folder_in_step_is_nothing_to_push_or_pull(folder: Path) -> None:
    """Both say so, also where nothing would be done anyway."""
    for command, said in ((push, NONE_TO_PUSH), (pull, NONE_TO_PULL)):
        for options in ([], ["--dry-run"]):
            result = command(folder, *options)
            assert (lines(result), result.exit_code) == ([said], 0)


def test_what_changed_in_the_folder_is_published(folder: Path, documents: Documents) -> None:
    """As a new version, with what changed in words; a dry run only says so."""
    (folder / "short.yaml").write_text(playbook(6))
    (folder / "more.yaml").write_text(playbook(name="more"))

    dry = push(folder, "--dry-run")
    assert lines(dry) == [
        "playbook `more`: would become version 1",
        "playbook `short`: would become version 2",
        CHANGE.format(6),
    ]
    assert len(documents.all()) == 2
    assert not (folder / ".unghost.json").exists()

    result = push(folder, "--note", "slower")
    assert lines(result) == [
        "playbook `more`: is now version 1",
        "playbook `short`: is now version 2",
        CHANGE.format(6),
    ]
    assert result.exit_code == 0
    newest = documents.versions("playbook", "short")[0]
    assert (newest.number, newest.note) == (2, "slower")
    assert newest.author.startswith("terminal")
    assert documents.text("playbook", "short", 2) == playbook(6)
    assert lines(push(folder)) == [NONE_TO_PUSH]


def test_a_comment_is_published_and_told_as_such(folder: Path) -> None:
    """Nothing that decides has changed."""
    (folder / "short.yaml").write_text(playbook() + "# a note\n")

    assert lines(push(folder)) == [
        "playbook `short`: is now version 2",
        "  only comments, layout, or the order of what has no order",
    ]


def test_with_one_mistake_nothing_is_published(folder: Path, documents: Documents) -> None:
    """Errors and failing examples are shown at their lines."""
    (folder / "short.yaml").write_text(playbook(6))
    (folder / "bad.yaml").write_text(playbook(name="bad").replace("hello, w", "helo, w"))
    (folder / "failing.yaml").write_text(playbook(name="failing", expected="stop"))

    result = push(folder)

    assert result.exit_code == 1
    assert "here/bad.yaml:7:55: error: there is no template `helo`" in result.output
    assert "FAILED after the first e-mail  here/failing.yaml:13" in result.output
    assert lines(result)[-1] == "nothing was published"
    assert [each.latest for each in documents.all()] == [1, 1]


def test_playbooks_are_checked_under_the_policy_that_comes_with_them(folder: Path) -> None:
    """The policy goes first."""
    text = playbook(0).replace("10:00", "20:00").replace("follow_up}\n", "follow_up, due: X}\n")
    (folder / "short.yaml").write_text(text.replace("X", "2026-11-18"))
    assert push(folder).exit_code == 1

    (folder / "policy" / "default.yaml").write_text(POLICY.replace("17:00", "21:00"))

    assert [line for line in lines(push(folder)) if not line.startswith(" ")] == [
        "policy `default`: is now version 2",
        "playbook `short`: is now version 2",
    ]


def test_what_changed_in_the_library_is_left_to_pull(folder: Path, documents: Documents) -> None:
    """Push says so, and pull fetches it; afterwards they are in step."""
    published(documents, playbook(6))

    assert lines(push(folder)) == [
        "playbook `short`: the library is ahead; `unghost pull` fetches it",
        NONE_TO_PUSH,
    ]
    dry = pull(folder, "--dry-run")
    assert (folder / "short.yaml").read_text() == playbook(5)
    result = pull(folder)
    assert lines(dry)[0] == "playbook `short`: here/short.yaml would become version 2"
    assert lines(result) == [
        "playbook `short`: here/short.yaml is now version 2",
        CHANGE.format(6),
    ]
    assert (folder / "short.yaml").read_text() == playbook(6)
    assert lines(pull(folder)) == [NONE_TO_PULL]
    assert lines(push(folder)) == [NONE_TO_PUSH]


@pytest.mark.parametrize("command", [push, pull])
def test_where_both_have_changed_neither_is_touched(
    folder: Path, documents: Documents, command: object
) -> None:
    """Unless somebody insists on one of them."""
    push(folder)
    (folder / "short.yaml").write_text(playbook(6))
    published(documents, playbook(7))

    for result in (push(folder), pull(folder)):
        assert lines(result)[0].startswith(
            "playbook `short`: changed here and in the library, so left alone; --force "
        )
        assert result.exit_code == 1
    assert (folder / "short.yaml").read_text() == playbook(6)
    assert len(documents.versions("playbook", "short")) == 2

    result = push(folder, "--force") if command is push else pull(folder, "--force")
    assert result.exit_code == 0
    days = 6 if command is push else 7
    assert documents.drafts.read("playbook", "short").text == playbook(days)
    assert (folder / "short.yaml").read_text() == playbook(days)
    assert lines(push(folder)) == [NONE_TO_PUSH]
    assert lines(pull(folder)) == [NONE_TO_PULL]


def test_somebody_elses_draft_is_not_passed_over(folder: Path, documents: Documents) -> None:
    """What they have written stays, unless somebody insists."""
    read_at = documents.drafts.read("playbook", "short").digest
    documents.drafts.save("playbook", "short", playbook(9), read_at, "ann", NOW)
    (folder / "short.yaml").write_text(playbook(6))

    result = push(folder)

    (told,) = lines(result)
    assert told.startswith("playbook `short`: ann has an unpublished draft of it, so left alone;")
    assert result.exit_code == 1
    assert push(folder, "--force").exit_code == 0


def test_archived_and_missing_are_told(folder: Path, documents: Documents) -> None:
    """Nothing is archived, brought back or deleted by itself."""
    published(documents, playbook(name="there"), "there")
    documents.archive("playbook", "short", "ann", NOW)

    assert lines(push(folder)) == [
        "playbook `there`: only in the library",
        "playbook `short`: archived in the library, so left out",
        NONE_TO_PUSH,
    ]
    (folder / "new.yaml").write_text(playbook(name="new"))
    assert lines(pull(folder)) == [
        "playbook `new`: only here; `unghost push` publishes it",
        "playbook `short`: archived in the library; here/short.yaml stays",
        "playbook `there`: here/there.yaml is now version 1",
    ]


def test_an_empty_folder_gets_all_of_it(folder: Path, documents: Documents, tmp_path: Path) -> None:
    """Policies too, byte for byte."""
    text = playbook(name="crlf").replace("\n", "\r\n")
    published(documents, text, "crlf")
    (tmp_path / "empty").mkdir()

    pull(tmp_path / "empty")

    assert (tmp_path / "empty" / "crlf.yaml").read_bytes() == text.encode()
    assert (tmp_path / "empty" / "policy" / "default.yaml").read_text() == POLICY
    assert (tmp_path / "empty" / "short.yaml").read_text() == (folder / "short.yaml").read_text()
    assert lines(push(tmp_path / "empty")) == [NONE_TO_PUSH]


def test_an_empty_library_gets_all_of_it(documents: Documents, tmp_path: Path) -> None:
    """The policy first."""
    result = push(written(tmp_path / "here"))

    assert lines(result) == [
        "policy `default`: is now version 1",
        "playbook `short`: is now version 1",
    ]
    assert [each.active for each in documents.all()] == [1, 1]


def test_experiments_go_last(folder: Path, tmp_path: Path) -> None:
    """They name the playbooks that come with them; what changed is told, and comes back."""
    (folder / "experiments").mkdir()
    two_ways = folder / "experiments" / "two-ways.yaml"
    two_ways.write_text(experiment())
    assert "there is no playbook `other` [unknown-playbook]" in push(folder).output
    (folder / "other.yaml").write_text(playbook(name="other"))
    (folder / "short.yaml").write_text(playbook(6))
    two_ways.write_text(experiment(other="short", version=2))

    assert lines(push(folder, "--dry-run"))[-1] == "experiment `two-ways`: would become version 1"
    assert [line for line in lines(push(folder)) if not line.startswith(" ")] == [
        "playbook `other`: is now version 1",
        "playbook `short`: is now version 2",
        "experiment `two-ways`: is now version 1",
    ]
    two_ways.write_text(experiment(other="short", version=2, planned=900))
    assert lines(push(folder)) == [
        "experiment `two-ways`: is now version 2",
        "  the experiment plans for 800 units → 900 units",
    ]
    (tmp_path / "empty").mkdir()
    pull(tmp_path / "empty")
    copy = tmp_path / "empty" / "experiments" / "two-ways.yaml"
    assert copy.read_text() == two_ways.read_text()


def test_a_library_without_a_policy_gets_the_one_of_the_environment(
    documents: Documents, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody could decide without it; a folder of playbooks alone stays one."""
    here, strict = tmp_path / "here", tmp_path / "strict.yaml"
    here.mkdir()
    (here / "short.yaml").write_text(playbook())
    strict.write_text(POLICY.replace("17:00", "16:00"))
    monkeypatch.setenv("UNGHOST_POLICY", str(strict))

    assert lines(push(here)) == [
        "policy `default`: is now version 1",
        "playbook `short`: is now version 1",
    ]
    assert documents.text("policy", "default", 1) == strict.read_text()
    assert lines(push(here)) == ["policy `default`: only in the library", NONE_TO_PUSH]


def test_a_policy_of_another_name_is_not_the_one_in_force(
    documents: Documents, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So nothing is published."""
    here, strict = tmp_path / "here", tmp_path / "strict.yaml"
    here.mkdir()
    strict.write_text(POLICY.replace("policy: default", "policy: strict"))
    monkeypatch.setenv("UNGHOST_POLICY", str(strict))

    result = push(here)

    told = f"{strict}: holds no policy called `default`, as the one in force is\n"
    assert (result.exit_code, result.stderr) == (2, told)
    assert documents.all() == ()


def test_laws_are_those_that_the_service_knows(
    documents: Documents, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside the policy that UNGHOST_POLICY names; a pack that lies elsewhere is unknown to it."""
    here = written(tmp_path / "here")
    theirs = tmp_path / "theirs"
    (theirs / "laws").mkdir(parents=True)
    law = "{law: late, country: US, gap: 1 hour, citation: Act 1, checked: 2026-11-22, because: B.}"
    pack = f"laws: ours\ntitle: Ours\nnotice: No advice.\nrows:\n  - {law}\n"
    (theirs / "laws" / "ours.yaml").write_text(pack)
    (here / "policy" / "default.yaml").write_text(f"{POLICY}laws: [ours]\n")

    assert "there is no law and no pack `ours`" in push(here).output
    monkeypatch.setenv("UNGHOST_POLICY", str(theirs / "default.yaml"))
    assert lines(push(here))[0] == "policy `default`: is now version 1"
    assert [each.active for each in documents.all()] == [1, 1]


def test_a_file_that_holds_something_else_is_not_written_over(
    folder: Path, documents: Documents
) -> None:
    """And push does not guess what it might be."""
    published(documents, playbook(name="there"), "there")
    (folder / "there.yaml").write_text("title: my notes\n")

    result = pull(folder)
    assert "here/there.yaml holds something else, so left alone" in result.output
    assert result.exit_code == 1
    refused = push(folder)
    assert "here/there.yaml: holds no playbook, policy or experiment" in refused.output
    assert refused.exit_code == 2


def test_a_folder_that_cannot_be_read_ends_the_command(folder: Path) -> None:
    """Two files of one playbook, no UTF-8, or notes that are none."""
    (folder / "twin.yaml").write_text(playbook())
    assert "is in here/short.yaml already" in push(folder).output
    (folder / "twin.yaml").write_bytes(b"\xff")
    assert "here/twin.yaml: cannot be read" in push(folder).output
    (folder / "twin.yaml").unlink()
    (folder / ".unghost.json").write_text("[]")
    assert "delete it to begin anew" in pull(folder).output


# ---- who is ahead -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("folder", "library", "base", "is_new", "expected"),
    [
        ("a", "a", None, False, "in step"),
        ("b", "a", "a", False, "folder ahead"),
        ("a", "b", "a", False, "library ahead"),
        ("c", "b", "a", False, "both ahead"),
        ("a", "b", None, False, "library ahead"),  # an earlier version, unchanged
        ("c", "b", None, True, "folder ahead"),  # nobody has worked in the library
        ("c", "b", None, False, "both ahead"),
        ("c", "b", "x", False, "both ahead"),  # noted of another library
        ("b", "a", "b", False, "library ahead"),  # rolled back there
    ],
)
def test_who_is_ahead(
    folder: str, library: str, base: str | None, is_new: bool, expected: str
) -> None:
    """Told from the text at which both were last in step."""
    assert standing(folder, library, base, {"a", "b"}, is_new=is_new) == expected
