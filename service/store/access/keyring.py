"""Whose key is this? Asked with every request, so what was read is remembered for a second."""

import hmac
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from threading import Thread
from typing import NamedTuple

from sqlalchemy import or_, select, update

from service.store.access.key_text import read_key_text
from service.store.access.keys import Key, any_keys, key_of
from service.store.sql.database import Database, DatabaseAway
from service.store.sql.moments import stored
from service.store.sql.tables import keys

#: Seconds that a key is remembered; a revoked one opens nothing any more after them.
LIFETIME = 1.0
#: How exactly the last use of a key is kept.
A_MINUTE = timedelta(minutes=1)
#: No secret has this hash; where there is no such key, the same work is done against it.
_NOBODYS_HASH = "-" * 64

Work = Callable[[], None]


class _Known(NamedTuple):
    """A key as read, and until when, by the keyring's clock, that may be believed."""

    key: Key
    hash: str
    until: float


def in_background(work: Work) -> None:
    """Do something beside the request; where the process ends first, it is not done."""
    Thread(target=work, daemon=True).start()


class Keyring:
    """The keys of a database, for one process; any thread may ask.

    Args:
        database: where the keys are.
        clock: seconds that only ever grow.
        later: does a piece of work without holding up the caller.
    """

    def __init__(
        self,
        database: Database,
        clock: Callable[[], float] = time.monotonic,
        later: Callable[[Work], None] = in_background,
    ) -> None:
        self._database = database
        self._clock = clock
        self._later = later
        self._known: dict[str, _Known] = {}  # never more than there are keys in force
        self._used: dict[str, datetime] = {}
        self._asked_for = False
        self._ask_again = clock()

    def find(self, plain: str, now: datetime) -> Key | None:
        """The key in force with this plain text; None where there is none.

        How long it takes says nothing about how much of a secret was right.

        Raises DatabaseAway.
        """
        text = read_key_text(plain)
        if text is None:
            return None
        known = self._known.get(text.id)
        if known is None or known.until <= self._clock():
            known = self._read(text.id)
        kept_hash = known.hash if known else _NOBODYS_HASH
        if not hmac.compare_digest(text.hash, kept_hash) or known is None:
            return None
        self._note_use(known.key, now)
        return known.key

    def any_keys(self) -> bool:
        """Whether a key was ever made, and so whether callers need one; see `keys.any_keys`.

        The first key that is made counts within a second. Raises DatabaseAway.
        """
        if not self._asked_for and self._clock() >= self._ask_again:
            asked_at = self._clock()
            self._asked_for = any_keys(self._database)
            self._ask_again = asked_at + LIFETIME
        return self._asked_for

    def _read(self, key_id: str) -> _Known | None:
        until = self._clock() + LIFETIME  # from before the reading: it may be revoked meanwhile
        in_force = select(keys).where(keys.c.id == key_id, keys.c.revoked_at.is_(None))
        with self._database.reading() as connection:
            row = connection.execute(in_force).mappings().first()
        if row is None:
            self._known.pop(key_id, None)
            self._used.pop(key_id, None)
            return None
        known = _Known(key_of(row), row["hash"], until)
        self._known[key_id] = known
        return known

    def _note_use(self, key: Key, now: datetime) -> None:
        """Have the use written, unless one of the last minute is; two threads may both do so."""
        last = self._used.get(key.id, key.used_at)
        if last is None or now - last >= A_MINUTE:
            self._used[key.id] = now
            self._later(lambda: self._write_use(key.id, now))

    def _write_use(self, key_id: str, now: datetime) -> None:
        older = or_(keys.c.used_at.is_(None), keys.c.used_at <= stored(now - A_MINUTE))
        change = update(keys).where(keys.c.id == key_id, older).values(used_at=stored(now))
        # A use that cannot be written is one that the next minute's tells of.
        with suppress(DatabaseAway), self._database.writing() as connection:
            connection.execute(change)
