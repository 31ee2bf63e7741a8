"""Upkeep: now and then, what is old loses what is personal, and kept answers go."""

import logging
import re
from collections.abc import Callable
from datetime import datetime, timedelta

from service.store.ledger.repeats import Repeats
from service.store.privacy.retention import remove_old
from service.store.sql.database import Database

_LOG = logging.getLogger(__name__)
#: Seconds from one time to the next.
_EVERY = 3600.0
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
    """What is done now and then; of several processes, whoever comes second finds little to do.

    Args:
        database: where everything is kept.
        days: after so many days what is personal is removed.
        clock: gives the moment it is.
    """

    def __init__(self, database: Database, days: int, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._days = days
        self._clock = clock

    def run(self) -> float:
        """Do it once, now; gives the seconds until the next time. Raises DatabaseAway."""
        now = self._clock()
        removed = remove_old(self._database, now - timedelta(days=self._days))
        answers = Repeats(self._database).prune(now)
        if removed.decisions or removed.outcomes or answers:
            _LOG.info(
                "after %d days: removed what is personal from %d decisions and %d outcomes; "
                "after a day: removed %d answers",
                *(self._days, removed.decisions, removed.outcomes, answers),
            )
        return _EVERY
