"""Upkeep: now and then, what is old loses what is personal, and kept answers go.

Every process sees to it, as none knows of the others; whoever comes second finds little to do.
"""

import logging
import os
import random
import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from service.store.database import Database, DatabaseAway
from service.store.repeats import Repeats
from service.store.retention import remove_old

_LOG = logging.getLogger(__name__)
#: Seconds from one time to the next; and to the first, so that processes do not come together.
_EVERY = 3600.0
_FIRST = (30.0, 90.0)
#: Seconds that closing waits for what is under way; broken off, the next time does the rest.
_PATIENCE = 5.0
_DAYS = re.compile(r"[1-9][0-9]{0,4}")


def read_days(text: str) -> int:
    """The days after which what is personal is removed.

    Raises ValueError where the text is no whole number of at least 1.
    """
    if not _DAYS.fullmatch(text):
        message = f"UNGHOST_KEEP_DAYS is `{text}`; write whole days from 1 to 99999, such as 90"
        raise ValueError(message)
    return int(text)


class Upkeep:
    """What is done now and then, for one process and those that it forks.

    Args:
        database: where everything is kept.
        days: after so many days what is personal is removed.
        clock: gives the moment it is.
        first: seconds until the first time.
    """

    def __init__(
        self,
        database: Database,
        days: int,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        first: float | None = None,
    ) -> None:
        self._database = database
        self._days = days
        self._clock = clock
        self._first = random.uniform(*_FIRST) if first is None else first  # noqa: S311 - no secret
        self._process = 0
        self._gate = threading.Lock()

    def begin(self) -> None:
        """See to it from now on, also in a process forked since; again, it does nothing."""
        if self._process == os.getpid():
            return
        with self._gate:
            if self._process != os.getpid():
                self._closing = threading.Event()
                self._thread = threading.Thread(
                    target=self._again_and_again, name="upkeep", daemon=True
                )
                self._process = os.getpid()
                self._thread.start()

    def run(self) -> None:
        """Do it once, now. Raises DatabaseAway."""
        now = self._clock()
        removed = remove_old(self._database, now - timedelta(days=self._days))
        answers = Repeats(self._database).prune(now)
        if removed.decisions or removed.outcomes or answers:
            _LOG.info(
                "after %d days: removed what is personal from %d decisions and %d outcomes; "
                "after a day: removed %d answers",
                *(self._days, removed.decisions, removed.outcomes, answers),
            )

    def _again_and_again(self) -> None:
        pause = self._first
        while not self._closing.wait(pause):
            pause = _EVERY
            try:
                self.run()
            except DatabaseAway as away:
                _LOG.warning("nothing old could be removed: %s", away)
            except Exception:  # noqa: BLE001 - whatever it is, there is a next time
                _LOG.exception("what is old could not be removed")

    def close(self) -> None:
        """Stop."""
        if self._process == os.getpid():
            self._closing.set()
            self._thread.join(_PATIENCE)
