"""`unghost serve`: what it says before it answers, when it refuses, and how it ends."""

import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner, Result
from gunicorn.config import Config
from gunicorn.http.parser import RequestParser
from sqlalchemy import update

from service.__main__ import main
from service.app import create_app
from service.settings import Settings
from service.store.access.keys import create_key
from service.store.experiments.experiments import Experiments
from service.store.sql.database import Database
from service.store.sql.tables import generation, versions
from service.terminal.starting import opening_words
from service.web.server import Address, _close, _foretell, counting_together, settings
from service.web.state import EXTENSION, State
from tests.store.library_texts import experiment

ROOT = Path(__file__).parents[1]
PLAYBOOKS = ROOT / "tests" / "corpus" / "requests" / "playbooks"
POLICY = ROOT / "playbooks" / "policy" / "default.yaml"
MAKE_A_KEY = "unghost keys create NAME --scope admin"
QUESTION = b'{"prospect":{"id":"c-1"},"history":[],"as_of":"2026-11-20T15:00:00-05:00"}'
HEADERS = {"Content-Type": "application/json"}
PATIENCE = 30
CALLERS = 8


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of playbooks with its policy, as an operator has one."""
    folder = tmp_path / "playbooks"
    (folder / "policy").mkdir(parents=True)
    shutil.copy(PLAYBOOKS / "house.yaml", folder)
    shutil.copy(POLICY, folder / "policy")
    return folder


@pytest.fixture
def chosen(folder: Path, tmp_path: Path) -> Settings:
    """What the operator chose, with a database that is not there yet."""
    return Settings(f"sqlite:///{tmp_path / 'kept.db'}", folder)


def words(chosen: Settings, host: str = "127.0.0.1") -> list[str]:
    """The opening words, without the places of files."""
    folder = str(chosen.playbooks.parent)
    return [line.replace(f"{folder}/", "") for line in opening_words(chosen, host)]


# ---- what it says -------------------------------------------------------------------


def test_a_first_start_tells_what_is_in_force(chosen: Settings) -> None:
    """By name and version; the same is said at the next start."""
    assert (
        words(chosen)
        == words(chosen)
        == [
            "Database: sqlite:///kept.db",
            "Playbooks in force: house (version 1)",
            "Contact policy in force: default (version 1)",
            f"Only this machine is answered, as there is no API key: {MAKE_A_KEY}",
        ]
    )


def test_a_file_that_is_not_what_is_in_force_is_told(chosen: Settings, folder: Path) -> None:
    """Of playbooks and of the policy; where a file has mistakes, the first of them."""
    words(chosen)
    for name in ("house.yaml", "policy/default.yaml"):
        (folder / name).write_text((folder / name).read_text("utf-8") + "# changed\n", "utf-8")
    (folder / "faulty.yaml").write_text("playbook: Not A Name\n", "utf-8")

    told = words(chosen)

    another = "is another text, or archived; `unghost push` tells more"
    assert f"Not in force: playbooks/house.yaml {another}" in told
    assert f"Not in force: playbooks/policy/default.yaml {another}" in told
    assert [line for line in told if line.startswith("Not served: playbooks/faulty.yaml:1: ")]
    assert "Playbooks in force: house (version 1)" in told


def test_experiments_that_choose_for_somebody_are_told(chosen: Settings, folder: Path) -> None:
    """Those that run, and what was shipped; one that is published alone is not."""
    (folder / "experiments").mkdir()
    for name in ("idle", "over", "running"):
        text = experiment(other="house", version=1).replace("short", "house")
        (folder / "experiments" / f"{name}.yaml").write_text(text.replace("two-ways", name))
    words(chosen)
    database = Database(chosen.database)
    experiments, now = Experiments(database), datetime.now(UTC)
    for name in ("over", "running"):
        experiments.start(name, "ann", "", now)
    experiments.stop("over", "ann", "", now)
    experiments.decide("over", "other", "ann", "It is another.", now)
    database.close()

    told = words(chosen)

    assert "Experiments that run: running (phase 1)" in told
    assert "Shipped by experiments: other of over (house)" in told


def test_a_folder_that_is_gone_is_not_missed(chosen: Settings, folder: Path) -> None:
    """After the first start the database has everything."""
    before = words(chosen)
    shutil.rmtree(folder)

    assert before == words(chosen)


def test_a_version_that_cannot_be_loaded_is_told(chosen: Settings) -> None:
    """Where it is the default one, or the policy, also what follows from it."""
    words(chosen)
    database = Database(chosen.database)
    with database.writing() as connection:
        connection.execute(update(versions).values(text="playbook: 1\n", text_digest="sha256:0"))
        connection.execute(update(generation).values(number=99))
    database.close()

    told = words(chosen)

    assert [line for line in told if line.startswith("Not served: `house`, line 1: ")]
    assert "Playbooks in force: none" in told
    assert "Requests that name no playbook are not answered: there is no `house`" in told
    assert any(line.startswith("Nobody is answered: ") for line in told)


def test_what_is_in_doubt_is_told(chosen: Settings, folder: Path) -> None:
    """The first doubt of each playbook, with its line."""
    text = (folder / "house.yaml").read_text("utf-8")
    unused = "parameters:\n  never_used: {value: 7, unit: days, title: Nothing}"
    (folder / "house.yaml").write_text(text.replace("parameters:", unused, 1), "utf-8")

    [told] = [line for line in words(chosen) if line.startswith("In doubt: ")]

    assert re.match(r"In doubt: `house`, line \d+: .*never_used", told)


def test_with_a_key_everybody_may_be_answered(chosen: Settings) -> None:
    """Then any address will do, and nothing is said of this machine."""
    words(chosen)
    database = Database(chosen.database)
    create_key(database, "crm", ["decide"], actor="test", now=datetime.now(UTC))
    database.close()

    assert not [line for line in words(chosen, "0.0.0.0") if "machine" in line]  # noqa: S104


# ---- when it refuses ----------------------------------------------------------------


@pytest.fixture
def operator(
    chosen: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> pytest.MonkeyPatch:
    """The environment of the operator, to be changed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("DATABASE_URL", chosen.database)
    monkeypatch.setenv("UNGHOST_PLAYBOOKS", str(chosen.playbooks))
    return monkeypatch


def serve(*arguments: str) -> Result:
    """The command, run as if typed."""
    return CliRunner().invoke(main, ["serve", *arguments], catch_exceptions=False)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.1.2.3", "unghost.example"])  # noqa: S104
@pytest.mark.usefixtures("operator")
def test_without_a_key_it_does_not_listen_for_strangers(host: str) -> None:
    """It says what would have to be done."""
    result = serve("--host", host)

    assert result.exit_code == 2
    assert result.stderr.startswith(f"{host}: others can reach this address")
    assert result.stderr.endswith(f"make one: {MAKE_A_KEY}\n")


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("UNGHOST_QUOTA", "many", "UNGHOST_QUOTA is `many`; write requests/seconds"),
        ("UNGHOST_LOG", "loud", "UNGHOST_LOG is `loud`; write one of debug, info, warning, error"),
        ("DATABASE_URL", "mysql://host/name", "a database is sqlite:///… or postgresql://…"),
        ("DATABASE_URL", "postgresql://a@127.0.0.1:1/b", "the database does not answer: "),
        ("DATABASE_URL", "postgresql://a@127.0.0.1:1/b?x=1", "DATABASE_URL: invalid connection"),
        ("DATABASE_URL", "sqlite:///:memory:", "a database that is kept is a file: "),
        ("UNGHOST_PLAYBOOKS", "/nowhere", "there is no folder of playbooks at /nowhere"),
        ("UNGHOST_POLICY", "/nowhere/a.yaml", "/nowhere/a.yaml: No such file or directory"),
    ],
)
def test_a_setting_that_will_not_do_is_told_in_words(
    name: str, value: str, expected: str, operator: pytest.MonkeyPatch
) -> None:
    """In one line, and nobody listens."""
    operator.setenv(name, value)
    result = serve()

    assert result.exit_code == 2
    assert expected in result.stderr
    assert "Traceback" not in result.stderr


def test_a_number_of_workers_that_is_none_is_told_in_words(
    operator: pytest.MonkeyPatch,
) -> None:
    """In a process of its own: gunicorn looks at the same setting as it is imported."""
    operator.setenv("WEB_CONCURRENCY", "many")
    command = [sys.executable, "-m", "service", "serve"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(command, check=False, env=environment, capture_output=True)

    assert ended.returncode == 2
    assert b"WEB_CONCURRENCY" in ended.stderr
    assert b"Traceback" not in ended.stderr


@pytest.mark.proof
@pytest.mark.usefixtures("operator")
def test_it_does_not_say_that_it_answers_where_another_does() -> None:
    """The address is asked for before anything is said of it."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        command = [sys.executable, "-m", "service", "serve", "--port", port]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        ended = subprocess.run(command, check=False, env=environment, capture_output=True)

    assert ended.returncode == 1
    assert b"Address already in use" in ended.stderr
    assert b"Unghost answers" not in ended.stderr


def test_mistakes_of_the_first_policy_are_shown(
    operator: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As `unghost check` shows them."""
    file = tmp_path / "policy.yaml"
    file.write_text("policy: mine\ntitle: Mine\nabout: Mine.\nrule: []\n", "utf-8")
    operator.setenv("UNGHOST_POLICY", str(file))

    result = serve()

    assert result.exit_code == 1
    assert "policy.yaml:4:1: error: `rule` is no part of a contact policy" in result.stderr


def test_server_leaves_nothing_open() -> None:
    """No control socket; threads, so that one slow client does not hold up all."""
    served = settings(Address("::1", 8000, 1, 16))

    assert served["bind"] == "[::1]:8000"
    assert served["worker_class"] == "gthread"
    assert served["control_socket_disable"] is True


@pytest.mark.parametrize(
    ("framing", "size"),
    [("", 0)] + [(f"Content-Length: {size}\r\n", size) for size in (9, 65535, 65536, 300_000)],
)
def test_an_answer_says_whether_the_connection_goes_on(framing: str, size: int) -> None:
    """Closed is what gunicorn closes where the body was not read: no caller is surprised."""
    head = f"POST /v1/outcomes HTTP/1.1\r\nHost: x\r\n{framing}\r\n"
    parser = RequestParser(Config(), iter([head.encode(), b"x" * size]), ("127.0.0.1", 1))
    request = next(parser)

    _foretell(None, request)

    assert request.should_close() is not parser.finish_body(deadline=time.monotonic() + PATIENCE)


def test_a_body_of_unknown_length_ends_its_connection() -> None:
    """How much of it will be left unread nobody knows beforehand."""
    head = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    request = next(RequestParser(Config(), iter([head, b"0\r\n\r\n"]), ("127.0.0.1", 1)))

    _foretell(None, request)

    assert request.should_close()


def test_a_worker_that_ends_closes_what_it_has_open(chosen: Settings) -> None:
    """The watch of what is in force, too; one that never came so far has nothing open."""
    app = create_app(replace(chosen, log_level=None))
    state: State = app.extensions[EXTENSION]
    assert app.test_client().get("/readyz").status_code == 200
    watch = state.store.in_force._thread
    assert watch is not None
    assert watch.is_alive()

    for served_app in (app, None):
        _close(None, SimpleNamespace(app=SimpleNamespace(callable=served_app)))

    assert not watch.is_alive()


# ---- where workers count together ---------------------------------------------------

#: A start that is killed, once it has said where its workers would count.
_KILLED = """
import os, signal, sys
from pathlib import Path
from service.web import server
server._MEMORY = Path(sys.argv[1])
with server.counting_together(2):
    print(os.environ["PROMETHEUS_MULTIPROC_DIR"], flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where folders to count in are made."""
    monkeypatch.delenv("PROMETHEUS_MULTIPROC_DIR", raising=False)
    monkeypatch.setattr("service.web.server._MEMORY", tmp_path)
    return tmp_path


def test_what_a_killed_service_left_is_removed(memory: Path) -> None:
    """By the next start; and nothing else that lies there."""
    command = [sys.executable, "-c", _KILLED, str(memory)]
    killed = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    left = Path(killed.stdout.strip())
    assert left.parent == memory
    (left / "counter_1.db").write_text("")
    (memory / "unghost-another").mkdir()
    (memory / "unghost-metrics-link").symlink_to(memory / "unghost-another")

    with counting_together(2):
        assert not left.exists()
        assert len(list(memory.iterdir())) == 3
    assert sorted(each.name for each in memory.iterdir()) == [
        *("unghost-another", "unghost-metrics-link"),
    ]


def test_what_another_service_counts_in_stays(
    memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As long as it runs."""
    with counting_together(2):
        (first,) = memory.iterdir()
        with monkeypatch.context() as another:
            another.delenv("PROMETHEUS_MULTIPROC_DIR")
            with counting_together(2):
                assert len(list(memory.iterdir())) == 2
        assert list(memory.iterdir()) == [first]
    assert not first.exists()


# ---- that it serves, and how it ends ------------------------------------------------


@contextmanager
def served(chosen: Settings, home: Path) -> Iterator[tuple[int, "subprocess.Popen[bytes]"]]:
    """Two workers that are ready, at a port of this machine; ended if the block has not."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "DATABASE_URL": chosen.database,
        "UNGHOST_PLAYBOOKS": str(chosen.playbooks),
        "UNGHOST_LOG": "debug",
        "TMPDIR": str(home),
    }
    command = [sys.executable, "-m", "service", "serve", "--port", str(port), "--workers", "2"]
    with (
        (home / "log").open("w") as log,
        subprocess.Popen(command, cwd=ROOT, env=environment, stderr=log) as process,
    ):
        try:
            until = time.monotonic() + PATIENCE
            while get(port, "/readyz")[0] != 200:
                assert process.poll() is None, "it does not start"
                assert time.monotonic() < until, "it does not become ready"
                time.sleep(0.05)
            yield port, process
        finally:
            process.terminate()
            process.wait(PATIENCE)


def get(port: int, path: str) -> tuple[int, str]:
    """What comes back from an address; 0 where nobody answers."""
    try:
        with closing(HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as connection:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read().decode()
    except OSError:
        return 0, ""


def ask_until_told_to_leave(port: int) -> list[str]:
    """Ask through one connection until the service closes it; the decisions that were given.

    A request that is not answered at all is an error.
    """
    given = []
    with closing(HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as connection:
        while True:
            connection.request("POST", "/v1/next-action", QUESTION, HEADERS)
            response = connection.getresponse()
            answer = json.loads(response.read())
            assert response.status == 200
            given.append(answer["decision_id"])
            if response.headers["Connection"] == "close":
                return given


def test_it_ends_when_told_and_loses_nothing(chosen: Settings, tmp_path: Path) -> None:
    """Under load: every request is answered, every decision kept, and the end is 0.

    Workers count together; every line of the log is JSON, and has nothing of what was sent.
    """
    with served(chosen, tmp_path) as (port, process), ThreadPoolExecutor(CALLERS) as pool:
        load = [pool.submit(ask_until_told_to_leave, port) for _ in range(CALLERS)]
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(b"GET /kathy\x01 HTTP/1.1\r\nHost: kathy\r\n\r\n")
            assert connection.recv(100).startswith(b"HTTP/1.1 400 ")
        time.sleep(0.5)
        counts = get(port, "/metrics")[1]
        process.send_signal(signal.SIGTERM)
        given = [decision for one in load for decision in one.result()]
        process.wait(PATIENCE)
    said = (tmp_path / "log").read_text("utf-8")

    with closing(sqlite3.connect(tmp_path / "kept.db")) as kept:
        ids = [row[0] for row in kept.execute("SELECT id FROM decisions")]
    assert process.returncode == 0
    assert len(given) >= CALLERS
    assert sorted(given) == sorted(ids)
    [counted] = re.findall(r"^unghost_decisions_total{.*} ([\d.]+)", counts, re.MULTILINE)
    assert 0 < float(counted) <= len(given)
    assert re.search(r"^unghost_in_force_generation [1-9]", counts, re.MULTILINE)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept.db", "log", "playbooks"]
    lines = [json.loads(line) for line in said.splitlines()]
    assert f"Unghost answers at http://127.0.0.1:{port}; Ctrl-C stops it." in {
        line["event"] for line in lines
    }
    assert [line for line in lines if "is no HTTP" in line["event"]]
    assert "kathy" not in said
