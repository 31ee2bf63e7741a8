"""Several processes on one library: nothing is lost, and what is published is seen."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from service.store.access.audit import verify
from service.store.in_force.in_force import InForce
from service.store.sql.database import Database
from tests.store.library_texts import PACKS, library, playbook, published, written

#: The whole service, or many processes: `make proof`, and CI.
pytestmark = pytest.mark.proof

_PROCESSES = 4
_EACH = 3

#: Each process saves and publishes until it has been first so many times.
_EDITOR = """
import sys
from datetime import UTC, datetime
from service.store.sql.database import Database
from service.store.documents.document_rows import Missing
from service.store.documents.drafts import Conflict
from tests.store.library_texts import library, playbook

who, each = sys.argv[2], int(sys.argv[3])
documents = library(Database(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
done = 0
while done < each:
    try:
        read_at = documents.drafts.read("playbook", "short").digest
    except Missing:
        read_at = None
    text = playbook(5) + f"# {who} {done}\\n"
    try:
        now = datetime.now(UTC)
        draft = documents.drafts.save("playbook", "short", text, read_at, who, now)
        documents.publish("playbook", "short", draft.digest, who, "", now)
    except Conflict:
        continue
    done += 1
"""
_IMPORTER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from service.store.sql.database import Database
from service.store.first_start import import_folder
from service.store.sql.migrations import migrate
from tests.store.library_texts import PACKS

folder, database = Path(sys.argv[2]), Database(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
migrate(database)
import_folder(database, folder, folder / "policy" / "default.yaml", PACKS, datetime.now(UTC))
"""
#: Tells each version that comes into force, as it comes.
_WATCHER = """
import sys, time
from service.store.sql.database import Database
from service.store.in_force.in_force import InForce
from tests.store.library_texts import PACKS

in_force = InForce(Database(sys.argv[1]), PACKS)
in_force.refresh()
print("ready", flush=True)
seen = 0
while seen < int(sys.argv[2]):
    found = in_force.now().playbooks.get("short")
    if found and found.version > seen:
        seen = found.version
        print(seen, found.digest, flush=True)
    time.sleep(0.01)
"""


def start(program: str, database: Database, *arguments: object) -> subprocess.Popen[str]:
    """A process that says when it is ready."""
    return subprocess.Popen(
        [sys.executable, "-c", program, database.url, *map(str, arguments)],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def await_all(processes: Sequence[subprocess.Popen[str]]) -> None:
    """Wait until all of them are ready."""
    for process in processes:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"


def begin(processes: Sequence[subprocess.Popen[str]]) -> None:
    """Let all of them begin at once."""
    await_all(processes)
    for process in processes:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()


def finish(processes: Sequence[subprocess.Popen[str]]) -> None:
    """Wait for their ends, which must be good ones."""
    for process in processes:
        process.communicate()
        assert process.returncode == 0


def test_four_processes_that_publish_lose_nothing(database: Database) -> None:
    """Everybody's every text is a version, once, and the trail is whole."""
    editors = [start(_EDITOR, database, f"p{n}", _EACH) for n in range(_PROCESSES)]
    begin(editors)
    finish(editors)

    documents = library(database)
    versions = documents.versions("playbook", "short")
    texts = {documents.text("playbook", "short", version.number) for version in versions}
    assert [version.number for version in reversed(versions)] == list(
        range(1, _PROCESSES * _EACH + 1)
    )
    assert texts == {
        playbook(5) + f"# p{n} {number}\n" for n in range(_PROCESSES) for number in range(_EACH)
    }
    assert verify(database) is None


def test_four_processes_that_start_import_once(empty_database: Database, tmp_path: Path) -> None:
    """One of them fills the library; the others find it full."""
    names = ("one", "two", "three", "four")
    folder = written(tmp_path / "playbooks", names=names)

    services = [start(_IMPORTER, empty_database, folder) for _ in range(_PROCESSES)]
    begin(services)
    finish(services)

    documents = library(empty_database)
    assert sorted(each.name for each in documents.all()) == sorted([*names, "default"])
    assert all(len(documents.versions(each.kind, each.name)) == 1 for each in documents.all())


def test_another_process_sees_what_is_published(database: Database) -> None:
    """Each version comes into force there by itself, with the digest that was published."""
    documents = library(database)
    watcher = start(_WATCHER, database, 3)
    await_all([watcher])
    assert watcher.stdout

    for days in (5, 6, 7):
        number = published(documents, playbook(days))
        digest = documents.versions("playbook", "short")[0].digest
        assert watcher.stdout.readline() == f"{number} {digest}\n"

    finish([watcher])


def test_nobody_reads_half_of_what_is_published(database: Database) -> None:
    """While others publish, every snapshot is one that was whole."""
    in_force = InForce(database, PACKS)
    editors = [start(_EDITOR, database, f"p{n}", _EACH) for n in range(2)]
    begin(editors)
    last = 0
    while any(editor.poll() is None for editor in editors):
        found = in_force.refresh().playbooks.get("short")
        if found is not None:
            assert found.version >= last
            last = found.version
            assert found.text == library(database).text("playbook", "short", found.version)
    finish(editors)
