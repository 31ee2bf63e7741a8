"""The first start: files become version 1, once, however many processes begin at once."""

from pathlib import Path

import pytest

from service.shipped import shipped
from service.store.access.audit import entries
from service.store.documents.documents import Documents
from service.store.first_start import Imported, import_folder
from service.store.in_force.policies import FaultyPolicy
from service.store.sql.database import Database
from tests.store.library_texts import NOW, PACKS, POLICY, experiment, library, playbook, written


def begin(database: Database, folder: Path) -> Imported:
    """The start of a service with this folder."""
    return import_folder(database, folder, folder / "policy" / "default.yaml", PACKS, NOW)


def test_every_shipped_file_becomes_version_one(database: Database) -> None:
    """Byte for byte, by `import`, and in force."""
    folder = shipped("playbooks")

    found = begin(database, folder)

    documents = library(database)
    names = sorted(path.stem for path in folder.glob("*.yaml"))
    assert [(d.name, d.active) for d in documents.all() if d.kind == "playbook"] == [
        (name, 1) for name in names
    ]
    trials = sorted(path.stem for path in (folder / "experiments").glob("*.yaml"))
    assert [d.name for d in documents.all() if d.kind == "experiment"] == trials
    assert len(found.documents) == len(names) + len(trials) + 1
    assert found.problems == {}
    assert documents.text("playbook", "house", 1).encode() == (folder / "house.yaml").read_bytes()
    (version,) = documents.versions("policy", "default")
    assert (version.author, version.published_at) == ("import", NOW)
    assert len(entries(database, limit=100).entries) == len(found.documents)


def test_a_library_that_holds_something_stays_as_it_is(database: Database, tmp_path: Path) -> None:
    """The folder counts at the first start only."""
    folder = written(tmp_path / "playbooks")
    begin(database, folder)
    (folder / "short.yaml").write_text(playbook(9))
    (folder / "more.yaml").write_text(playbook(name="more"))

    assert begin(database, folder) == Imported()
    assert [d.name for d in library(database).all()] == ["short", "default"]
    assert library(database).text("playbook", "short", 1) == playbook()


def test_files_with_mistakes_are_told_and_left_out(database: Database, tmp_path: Path) -> None:
    """The others are there all the same."""
    folder = written(tmp_path / "playbooks")
    (folder / "bad.yaml").write_text("playbook: bad\n")
    (folder / "twin.yaml").write_text(playbook(9))

    found = begin(database, folder)

    assert sorted(found.problems or ()) == ["bad.yaml", "twin.yaml"]
    assert [d.name for d in library(database).all()] == ["short", "default"]


def test_experiments_are_taken_along(database: Database, tmp_path: Path) -> None:
    """Where their folder is there; those that name no playbook of the folder are told."""
    folder = written(tmp_path / "playbooks", names=("short", "other"))
    (folder / "experiments").mkdir()
    (folder / "experiments" / "short.yaml").write_text(experiment())
    (folder / "experiments" / "second.yaml").write_text(experiment(other="other", version=2))

    found = begin(database, folder)

    assert [(kind, name) for kind, name in found.documents if kind == "experiment"] == [
        ("experiment", "two-ways")
    ]
    assert library(database).text("experiment", "two-ways", 1) == experiment()
    assert {file: [d.code for d in told] for file, told in (found.problems or {}).items()} == {
        "experiments/second.yaml": ["unknown-version"]
    }


def test_without_a_sound_policy_nothing_is_written(database: Database, tmp_path: Path) -> None:
    """Nobody decides without the policy that was asked for."""
    folder = written(tmp_path / "playbooks")
    (folder / "policy" / "default.yaml").write_text(POLICY.replace("hours:", "hour:"))
    sound = tmp_path / "sound.yaml"
    sound.write_text(POLICY)

    with pytest.raises(FaultyPolicy):
        begin(database, folder)
    with pytest.raises(FileNotFoundError):
        import_folder(database, tmp_path / "no", sound, PACKS, NOW)
    assert Documents(database, PACKS).all() == ()
