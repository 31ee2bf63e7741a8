"""Finding a key by its plain text: what is remembered, for how long, and what is written."""

import hmac
import threading
from datetime import UTC, datetime, timedelta

import pytest

from service.store.access import keyring
from service.store.access.key_text import KeyText, new_key_text, read_key_text
from service.store.access.keyring import Keyring, Work
from service.store.access.keys import all_keys, create_key, revoke_key
from service.store.sql.database import Database, DatabaseAway

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Clock:
    """Seconds that go on when the test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """The keyring's clock."""
    return Clock()


@pytest.fixture
def later() -> list[Work]:
    """Work put off, for the test to do."""
    return []


@pytest.fixture
def ring(database: Database, clock: Clock, later: list[Work]) -> Keyring:
    """A keyring with the test's clock and patience."""
    return Keyring(database, clock, later.append)


def make(database: Database, name: str = "crm") -> str:
    """The plain text of a new key."""
    return create_key(database, name, ["read"], actor="a", now=NOON).plain


def revoke(database: Database, plain: str) -> None:
    """Revoke it as another process would."""
    elsewhere = Database(database.url)
    text = read_key_text(plain)
    assert text
    assert revoke_key(elsewhere, text.id, actor="a", now=NOON)
    elsewhere.close()


def test_key_is_found(database: Database, ring: Keyring) -> None:
    """Each by its own text, from the moment that it is made."""
    assert ring.find(new_key_text().plain, NOON) is None
    plains = [make(database, name) for name in ("one", "two", "three")]

    found = [ring.find(plain, NOON) for plain in plains]
    assert [key and key.name for key in found] == ["one", "two", "three"]


def test_wrong_secrets_find_nothing(database: Database, ring: Keyring) -> None:
    """Also with the right id, a right check, and the right key remembered."""
    plain = make(database)
    right = read_key_text(plain)
    assert right
    wrong = KeyText(right.id, new_key_text().secret).plain

    assert ring.find(wrong, NOON) is None
    assert ring.find(plain, NOON)
    assert ring.find(wrong, NOON) is None
    assert ring.find("", NOON) is None
    assert ring.find(plain + " ", NOON) is None


def test_mistyped_keys_do_not_ask_the_database(clock: Clock, later: list[Work]) -> None:
    """Their check does not fit."""
    ring = Keyring(Database("sqlite:////nowhere/at/all.db"), clock, later.append)

    assert ring.find(new_key_text().plain[:-1], NOON) is None
    with pytest.raises(DatabaseAway):
        ring.find(new_key_text().plain, NOON)


def test_revoked_key_opens_nothing_after_a_second(
    database: Database, ring: Keyring, clock: Clock
) -> None:
    """Within it the key is remembered; another process revoked it."""
    plain = make(database)
    assert ring.find(plain, NOON)
    revoke(database, plain)

    clock.now += 0.999
    assert ring.find(plain, NOON)
    clock.now += 0.001
    assert ring.find(plain, NOON) is None
    assert ring._known == {}


def test_use_does_not_prolong_what_is_remembered(
    database: Database, ring: Keyring, clock: Clock
) -> None:
    """However often it is asked for meanwhile."""
    plain = make(database)
    assert ring.find(plain, NOON)
    revoke(database, plain)
    for _ in range(3):
        clock.now += 0.3
        assert ring.find(plain, NOON)
    clock.now += 0.3

    assert ring.find(plain, NOON) is None


def test_second_counts_from_before_the_reading(
    database: Database, clock: Clock, later: list[Work], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key revoked while a slow database answers is not remembered for longer."""
    plain = make(database)
    ring = Keyring(database, clock, later.append)
    read = keyring.key_of

    def slowly(row: object) -> object:
        clock.now += 0.8
        return read(row)  # type: ignore[arg-type]

    monkeypatch.setattr(keyring, "key_of", slowly)
    assert ring.find(plain, NOON)
    revoke(database, plain)
    clock.now += 0.2

    assert ring.find(plain, NOON) is None


def test_unknown_ids_are_not_remembered(database: Database, ring: Keyring) -> None:
    """So whoever makes up keys fills no memory."""
    make(database)
    for _ in range(50):
        assert ring.find(new_key_text().plain, NOON) is None

    assert ring._known == {}
    assert ring._used == {}


def test_secrets_are_compared_in_constant_time(
    database: Database, ring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Always by the function made for it, also where there is no such key."""
    compared = []
    really = hmac.compare_digest

    def compare(first: str, second: str) -> bool:
        compared.append((len(first), len(second)))
        return really(first, second)

    plain = make(database)
    monkeypatch.setattr(hmac, "compare_digest", compare)
    ring.find(plain, NOON)
    ring.find(new_key_text().plain, NOON)

    assert compared == [(64, 64), (64, 64)]


# ---- the last use -------------------------------------------------------------------


def test_use_is_written_once_a_minute(
    database: Database, ring: Keyring, clock: Clock, later: list[Work]
) -> None:
    """However often a key is used; and not by the request."""
    plain = make(database)
    uses = [0, 1, 59.9, 60, 60.5, 119, 120]
    for seconds in uses:
        clock.now = 1000 + seconds
        assert ring.find(plain, NOON + timedelta(seconds=seconds))
    assert all_keys(database)[0].used_at is None

    written = []
    for work in later:
        work()
        written.append(all_keys(database)[0].used_at)
    assert written == [NOON + timedelta(seconds=seconds) for seconds in (0, 60, 120)]


def test_processes_write_one_use_a_minute_together(database: Database, clock: Clock) -> None:
    """What another has written is good enough, and a later moment is never lost."""
    plain = make(database)
    rings = [Keyring(database, clock, lambda work: work()) for _ in range(3)]
    for seconds, ring in zip((30, 45, 15), rings, strict=True):
        assert ring.find(plain, NOON + timedelta(seconds=seconds))

    assert all_keys(database)[0].used_at == NOON + timedelta(seconds=30)


def test_use_that_cannot_be_written_harms_nobody(
    database: Database, ring: Keyring, later: list[Work], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The request has its answer; the next minute tells again."""
    plain = make(database)
    assert ring.find(plain, NOON)

    def away() -> None:
        raise DatabaseAway

    with monkeypatch.context() as patch:
        patch.setattr(database, "writing", away)
        later[0]()
    assert ring.find(plain, NOON + timedelta(minutes=1))
    later[1]()

    assert all_keys(database)[0].used_at == NOON + timedelta(minutes=1)


def test_use_is_written_beside_the_request(database: Database, clock: Clock) -> None:
    """By another thread, while a writer keeps the request's thread from writing."""
    plain = make(database)
    written = threading.Event()

    def beside(work: Work) -> None:
        keyring.in_background(lambda: (work(), written.set()))  # type: ignore[func-returns-value]

    ring = Keyring(database, clock, beside)
    with database.writing():
        assert ring.find(plain, NOON)

    assert written.wait(30)
    assert all_keys(database)[0].used_at == NOON


# ---- whether a key is needed --------------------------------------------------------


def test_first_key_counts_within_a_second(database: Database, ring: Keyring, clock: Clock) -> None:
    """And from then on for good, without asking again."""
    assert not ring.any_keys()
    plain = make(database)
    assert not ring.any_keys()
    clock.now += 1
    assert ring.any_keys()

    revoke(database, plain)
    clock.now += 1
    assert ring.any_keys()
