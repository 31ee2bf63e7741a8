"""What goes on beside the requests: done again and again, each thing in a thread of its own.

Every process sees to all of it, as none knows of the others.
"""

import logging
import os
import random
import threading
from collections.abc import Callable
from time import monotonic
from typing import NamedTuple

from service.store.sql.database import DatabaseAway

_LOG = logging.getLogger(__name__)
#: Seconds that closing waits for what is under way.
_PATIENCE = 5.0


class Task(NamedTuple):
    """One thing to do again and again.

    Attributes:
        name: that of the thread, and in the log.
        turn: does it once; gives the seconds until the next time.
        pause: seconds until the next time after a failure; and until the first, somewhat more
            or less, so that processes do not come together.
    """

    name: str
    turn: Callable[[], float]
    pause: float


class Recurring:
    """The tasks of one process, and of those that it forks."""

    def __init__(self, *tasks: Task) -> None:
        self._tasks = tasks
        self._process = 0
        self._gate = threading.Lock()

    def begin(self) -> None:
        """See to all of it from now on, also in a process forked since; again, it does nothing."""
        if self._process == os.getpid():
            return
        with self._gate:
            if self._process != os.getpid():
                self._closing = threading.Event()
                self._threads = [
                    threading.Thread(target=self._again, args=(task,), name=task.name, daemon=True)
                    for task in self._tasks
                ]
                self._process = os.getpid()
                for thread in self._threads:
                    thread.start()

    def _again(self, task: Task) -> None:
        closing, is_away = self._closing, False
        pause = task.pause * random.uniform(0.5, 1.5)  # noqa: S311 - no secret
        while not closing.wait(pause):
            pause = task.pause
            try:
                pause = task.turn()
                is_away = False
            except DatabaseAway as away:
                if not is_away:  # told once, not every two seconds
                    _LOG.warning("%s waits, the database is away: %s", task.name, away)
                is_away = True
            except Exception:  # noqa: BLE001 - whatever it is, there is a next time
                _LOG.exception("%s failed", task.name)

    def close(self) -> None:
        """Stop. What is under way and takes long is left alone: a later process does the rest."""
        if self._process == os.getpid():
            self._closing.set()
            until = monotonic() + _PATIENCE
            for thread in self._threads:
                thread.join(max(0.0, until - monotonic()))
