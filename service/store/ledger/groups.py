"""Writing together: many callers, one transaction.

A commit that is on the disk takes longer than everything else in a request. Callers who come
while one is under way gather in a group; who came first writes for all of it. A caller goes
on once its own row is durable, never sooner.
"""

from collections.abc import Callable, Sequence
from threading import Event, Lock
from typing import Generic, TypeVar

Row = TypeVar("Row")


class _Group(Generic[Row]):
    """Rows that are written together, and how that went, once `done` is set."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.done = Event()
        self.error: Exception | None = None


class GroupWriter(Generic[Row]):
    """Writes rows in groups.

    Args:
        write: puts rows into the database in one transaction; where it raises, none is written.
        most: so many rows make a group full; those after wait for the next.
    """

    def __init__(self, write: Callable[[Sequence[Row]], None], most: int = 256) -> None:
        self._write = write
        self._most = most
        self._gathering: _Group[Row] = _Group()
        self._gate = Lock()
        self._turn = Lock()

    def add(self, row: Row) -> None:
        """Returns once the row is durable.

        Raises whatever `write` raises; then the row was not written.
        """
        group, is_first = self._join(row)
        if is_first:
            with self._turn:
                self._close(group)
                self._commit(group)
        else:
            group.done.wait()
        if group.error is not None:
            raise group.error

    def _join(self, row: Row) -> tuple[_Group[Row], bool]:
        with self._gate:
            if len(self._gathering.rows) >= self._most:
                self._gathering = _Group()
            group = self._gathering
            group.rows.append(row)
            return group, len(group.rows) == 1

    def _close(self, group: _Group[Row]) -> None:
        """Nobody joins the group any more."""
        with self._gate:
            if self._gathering is group:
                self._gathering = _Group()

    def _commit(self, group: _Group[Row]) -> None:
        try:
            self._write(group.rows)
        except Exception as error:  # noqa: BLE001 - every caller of the group is told
            group.error = error
        except BaseException:
            group.error = InterruptedError("the writing was broken off")
            raise
        finally:
            group.done.set()
