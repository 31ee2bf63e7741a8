"""Callers who never rest, and what must be kept of what they were told.

Every request is about a person of its own. So each of them has at most one decision and one
reply in the end, however often it was sent; and exactly one where an answer came.
"""

import json
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from itertools import count
from time import monotonic
from types import TracebackType
from typing import Any, NamedTuple, Self
from uuid import uuid4

from sqlalchemy import select, text

from service.store.access.audit import verify
from service.store.sql.database import Database
from service.store.sql.tables import decisions, outcomes
from tests.endurance.server import PATIENCE

_HOST = "127.0.0.1"
_OK, _AWAY = 200, 503
_AS_OF = "2026-11-20T15:00:00-05:00"
_REPLY = {"at": "2026-11-01T09:00:00Z", "direction": "inbound", "channel": "email"}
#: After a failure, so that a service that is away does not fill the machine's time.
_PAUSE = 0.02


class Asking(NamedTuple):
    """One request, sent until it is answered; without a key, a decision is asked for once."""

    person: str
    path: str
    body: bytes
    key: str | None
    is_repeated: bool

    @property
    def headers(self) -> dict[str, str]:
        """What it is sent with."""
        key = {} if self.key is None else {"Idempotency-Key": self.key}
        return {"Content-Type": "application/json", **key}


class Told(NamedTuple):
    """An answer with 200; moments by `monotonic`."""

    asking: Asking
    text: bytes
    sent: float
    received: float


@dataclass
class Heard:
    """All that the callers heard. `broken`: connections; `slowest`: seconds for any answer."""

    told: list[Told] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    broken: int = 0
    slowest: float = 0.0


class Callers:
    """So many threads that ask, one request after the other; to be used inside `with`.

    Args:
        ports: where services answer; the callers share them out.
        number: how many callers.
        playbook: whose decisions to ask for.
    """

    def __init__(self, ports: Sequence[int], number: int, playbook: str = "house") -> None:
        self.heard = Heard()
        self._playbook = playbook
        self._over = threading.Event()
        self._gate = threading.Lock()
        self._threads = [
            threading.Thread(target=self._call, args=(ports[n % len(ports)],))
            for n in range(number)
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.rest()

    def rest(self) -> None:
        """Ask no more; returns when the last answers have come."""
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _call(self, port: int) -> None:
        connection = HTTPConnection(_HOST, port, timeout=PATIENCE)
        for asking in askings(self._playbook):
            while not (self._is_answered(connection, asking) or self._over.is_set()):
                connection.close()
                self._over.wait(_PAUSE)
                if not asking.is_repeated:
                    break
            if self._over.is_set():
                break
        connection.close()

    def _is_answered(self, connection: HTTPConnection, asking: Asking) -> bool:
        """Ask once, and note what came; False where nobody did anything."""
        sent = monotonic()
        try:
            status, headers, answer = post(connection, asking)
        except (OSError, HTTPException) as error:
            with self._gate:
                self.heard.broken += 1
                if isinstance(error, TimeoutError):
                    self.heard.wrong.append(f"no answer for {PATIENCE} s")
            return False
        received = monotonic()
        with self._gate:
            self.heard.statuses[status] += 1
            self.heard.slowest = max(self.heard.slowest, received - sent)
            if status == _OK:
                self.heard.told.append(Told(asking, answer, sent, received))
            elif status != _AWAY or "Retry-After" not in headers:
                self.heard.wrong.append(f"{status} {headers}: {answer!r}")
        return status != _AWAY


def askings(playbook: str) -> Iterator[Asking]:
    """Decisions without a key, with one, with a reply in the history; outcomes; and again."""
    for number in count():
        person = str(uuid4())
        history = [{**_REPLY, "outcome": "replied"}] if number % 4 == 2 else []
        asked = {
            "playbook": playbook,
            "prospect": {"id": person},
            "history": history,
            "as_of": _AS_OF,
        }
        outcome = {"prospect_id": person, "outcome": "replied", "at": _REPLY["at"]}
        if number % 4 == 3:
            yield Asking(person, "/v1/outcomes", _bytes(outcome), None, is_repeated=True)
        else:
            key = f"key-{person}" if number % 4 else None
            yield Asking(person, "/v1/next-action", _bytes(asked), key, is_repeated=bool(key))


def _bytes(body: Mapping[str, object]) -> bytes:
    return json.dumps(body).encode()


def post(connection: HTTPConnection, asking: Asking) -> tuple[int, Mapping[str, str], bytes]:
    """Send it once: status, headers and body of the answer.

    Raises OSError or HTTPException where none comes.
    """
    connection.request("POST", asking.path, asking.body, asking.headers)
    response = connection.getresponse()
    return response.status, dict(response.getheaders()), response.read()


# ---- what must be kept --------------------------------------------------------------


def assert_kept(database: Database, heard: Heard) -> None:
    """Nothing went wrong, and all that was answered is there exactly once."""
    assert heard.wrong == []
    with database.reading() as connection:
        rows = connection.execute(select(decisions.c.prospect_id, decisions.c.id))
        decided = [(person, decision) for person, decision in rows]
        replied = list(connection.execute(select(outcomes.c.prospect_id)).scalars())
        if database.is_sqlite:
            assert connection.execute(text("PRAGMA integrity_check")).scalar_one() == "ok"
    assert max(Counter(person for person, _ in decided).values()) == 1
    assert max(Counter(replied).values()) == 1
    assert set(_decided(heard)) <= set(decided)
    assert {told.asking.person for told in heard.told if _tells_of_a_reply(told)} <= set(replied)
    assert verify(database) is None


def _decided(heard: Heard) -> Iterator[tuple[str, str]]:
    for told in heard.told:
        if told.asking.path == "/v1/next-action":
            yield told.asking.person, answer_of(told)["decision_id"]


def _tells_of_a_reply(told: Told) -> bool:
    return b'"replied"' in told.asking.body


def answer_of(told: Told) -> dict[str, Any]:
    """The answer, read."""
    answer: dict[str, Any] = json.loads(told.text)
    return answer


def assert_repeated(port: int, heard: Heard, most: int) -> None:
    """Whoever sends a request again with its key gets the same bytes again; some of them."""
    connection = HTTPConnection(_HOST, port, timeout=PATIENCE)
    keyed = [told for told in heard.told if told.asking.key is not None]
    for told in keyed[:: 1 + len(keyed) // most]:
        status, headers, answer = post(connection, told.asking)
        assert (status, answer, headers.get("Idempotent-Replayed")) == (_OK, told.text, "true")
    connection.close()
