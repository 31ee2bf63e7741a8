"""The tree of a playbook's values while it is being read, and where each value stands."""

from dataclasses import dataclass
from typing import Any

from service.playbook.diagnostics import Place

#: The way to a value: names and list positions (from 0), from the top.
KeyPath = tuple[str | int, ...]


@dataclass(frozen=True)
class Node:
    """Where a value was written. `start` and `end` count the text's characters from 0.

    `key` is the place of the name before it, if it has one. `style` is YAML's mark for a
    scalar (`|`, `>`, `"`, `'` or empty), and None for a list or group.
    """

    place: Place
    key: Place | None
    start: int
    end: int
    style: str | None


@dataclass
class Open:
    """A list or group that is being read.

    `path` is None where the values are thrown away: under a name that cannot be used.
    `at_key` says that a group's next part is a name; `key` is the last one that can be used.
    """

    container: dict[str, Any] | list[Any]
    path: KeyPath | None
    at_key: bool
    key: str | None = None
    key_place: Place | None = None

    def next_path(self) -> KeyPath | None:
        """The path of the next value; None where it will be thrown away."""
        if self.path is None:
            return None
        if isinstance(self.container, list):
            return (*self.path, len(self.container))
        return None if self.key is None else (*self.path, self.key)

    def take(self, value: object) -> None:
        """Put the next value where it belongs."""
        if isinstance(self.container, list):
            self.container.append(value)
            return
        if self.key is not None:
            self.container[self.key] = value
        self.at_key, self.key, self.key_place = True, None, None
