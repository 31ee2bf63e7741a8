"""YAML text to plain values, read strictly, every value with its place.

The text is guarded while it is read, event by event, before anything hostile can grow:
no anchors, aliases, merges, tags or duplicate names, one document, and limits on size,
depth and number. Values are those of YAML 1.2 (`scalars.py`). This is the only module that
knows YAML.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from service.playbook.diagnostics import START, Diagnostic, Place, in_order
from service.playbook.text import refusals
from service.playbook.text.scalars import Plain, Refused, plain_value
from service.playbook.text.source import (
    LINE_BREAK,
    MAX_DIAGNOSTICS,
    UNPRINTABLE,
    control_character,
    decoded,
    unprintable,
)
from service.playbook.text.syntax import Mishap, explain
from service.playbook.text.tree import KeyPath, Node, Open

#: Mistakes that leave the other values as they were meant: the document stays useful.
_HARMLESS = frozenset({"duplicate-key", "anchor", "control-character"})
#: Mistakes after which the rest of the line makes no sense as YAML.
_SPOILERS = frozenset({"key-not-text", "alias", "anchor", "tag"})
# The C parser is fifty times as fast; a PyYAML built without it understands the same texts.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Document:
    """A text that could be read: its values, and where each of them stands."""

    data: dict[str, Any]
    nodes: Mapping[KeyPath, Node] = field(repr=False)
    text: str = field(repr=False)

    def place(self, path: KeyPath) -> Place:
        """The place of the value at `path`, or of the nearest value around it."""
        while path and path not in self.nodes:
            path = path[:-1]
        node = self.nodes.get(path)
        return node.place if node else START

    def key_place(self, path: KeyPath) -> Place:
        """The place of the name that introduces `path`; `place(path)` where there is none."""
        node = self.nodes.get(path)
        return node.key if node and node.key else self.place(path)

    def inner_place(self, path: KeyPath, offset: int) -> Place:
        """The place of the character at `offset` (from 0) of the text at `path`.

        Exact in `|` blocks and in texts that are written as they read; elsewhere (folded
        text, escapes) the start of the text.
        """
        node, value = self.nodes.get(path), self.value(path)
        if node is None or not isinstance(value, str):
            return self.place(path)
        before = LINE_BREAK.split(value[: max(offset, 0)])
        row, column = len(before) - 1, len(before[-1])
        source = self.text[node.start : node.end]
        if node.style == "|":
            return Place(node.place.line + 1 + row, _block_indent(source, value) + column + 1)
        lead = 1 if node.style else 0
        if row or source[lead : len(source) - lead] != value:
            return node.place
        return Place(node.place.line, node.place.column + lead + column)

    def value(self, path: KeyPath) -> object:
        """The value at `path`; all of them where there is none."""
        value: Any = self.data
        for step in path if path in self.nodes else ():
            value = value[step]
        return value


def read(text: str | bytes) -> tuple[Document | None, tuple[Diagnostic, ...]]:
    """The document in `text`, and everything wrong with how it is written.

    Without errors there is always a document. With errors there may be one, for further
    checks, where its values are surely those that were meant. Never raises.
    """
    source = decoded(text)
    if isinstance(source, Diagnostic):
        return None, (source,)
    if invisible := unprintable(source):
        return None, invisible
    reader = _Reader(source)
    reader.run()
    diagnostics = in_order(reader.found)
    if any(diagnostic.code not in _HARMLESS for diagnostic in diagnostics):
        return None, diagnostics[:MAX_DIAGNOSTICS]
    return Document(reader.data, reader.nodes, source), diagnostics[:MAX_DIAGNOSTICS]


def _block_indent(source: str, value: str) -> int:
    """How many spaces YAML took from each line of a `|` block; `source` begins at the `|`."""
    written, kept = LINE_BREAK.split(source)[1:], LINE_BREAK.split(value)
    for line, rest in zip(written, kept, strict=False):
        if rest.strip(" "):
            return len(line) - len(rest)
    return 0


class _Stop(Exception):  # noqa: N818 - not an error: the reader has seen enough
    """Nothing after this can be trusted."""


class _Reader:
    """Builds values from YAML's events, without recursion, and collects what is wrong."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.data: dict[str, Any] = {}
        self.nodes: dict[KeyPath, Node] = {}
        self.found: list[Diagnostic] = []
        self._open: list[Open] = []
        self._count = 0
        self._documents = 0
        self._root: Diagnostic | None = None

    def run(self) -> None:
        """Read it all, or as far as it makes sense."""
        try:
            for event in yaml.parse(self.text, Loader=_LOADER):
                self._take(event)
        except _Stop:
            return
        except (yaml.YAMLError, ValueError, OverflowError) as error:
            # The pure Python parser lets `chr` raise for an impossible escape.
            self._syntax(explain(_mishap(error), self.text))
            return
        if self._root or not self._documents:
            self.found.append(self._root or refusals.empty_playbook())

    def _syntax(self, diagnostic: Diagnostic) -> None:
        line = diagnostic.place.line
        # Where the line has an unquoted `{{` or `*`, that it cannot be read follows from that.
        if not any(d.code in _SPOILERS and d.place.line == line for d in self.found):
            self.found.append(diagnostic)

    def _stop(self, diagnostic: Diagnostic) -> None:
        self.found.append(diagnostic)
        raise _Stop

    def _take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.NodeEvent):
            self._guard(event)
        match event:
            case yaml.ScalarEvent():
                self._scalar(event)
            case yaml.MappingStartEvent():
                self._collection(event, {})
            case yaml.SequenceStartEvent():
                self._collection(event, [])
            case yaml.CollectionEndEvent():
                self._open.pop()
            case yaml.AliasEvent():
                self._alias(event)
            case yaml.DocumentStartEvent():
                self._documents += 1
                if self._documents > 1:
                    self._stop(refusals.many_documents(_place(event)))

    def _guard(self, event: yaml.NodeEvent) -> None:
        self._count += 1
        if self._count > refusals.MAX_NODES:
            self._stop(refusals.too_many_nodes(_place(event)))
        if isinstance(event, yaml.AliasEvent):
            self.found.append(refusals.alias(event.anchor or "", _place(event)))
        elif event.anchor:
            self.found.append(refusals.anchor(event.anchor, _place(event)))
        if tag := getattr(event, "tag", None):
            self.found.append(refusals.tag(tag, _place(event)))

    def _alias(self, event: yaml.AliasEvent) -> None:
        if not self._open:
            self._root = refusals.not_a_mapping("a single value", _place(event))
        elif self._open[-1].at_key:
            self._open[-1].at_key = False
        else:
            self._open[-1].take(None)

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        self._check_characters(event)
        value = event.value if event.style else plain_value(event.value)
        if not self._open:
            self._root = (
                refusals.empty_playbook()
                if value is None
                else refusals.not_a_mapping("a single value", _place(event))
            )
        elif self._open[-1].at_key:
            self._key(event, value)
        else:
            self._value(event, value)

    def _check_characters(self, event: yaml.ScalarEvent) -> None:
        if len(event.value) > refusals.MAX_CHARACTERS:
            self.found.append(refusals.value_too_long(len(event.value), _place(event)))
        # Escapes between double quotes can still make what the text itself does not hold.
        if invisible := UNPRINTABLE.search(event.value):
            self.found.append(control_character(invisible[0], _place(event)))

    def _key(self, event: yaml.ScalarEvent, value: Plain) -> None:
        group, place = self._open[-1], _place(event)
        group.at_key = False
        if event.value == "<<" and not event.style:
            self.found.append(refusals.merge_key(place))
        elif not isinstance(value, str):
            self.found.append(refusals.key_not_text(event.value, place))
        elif value in group.container:
            before = self.nodes.get((*(group.path or ()), value))
            first = before.key if before else None
            self.found.append(refusals.duplicate_key(value, place, first))
        else:
            group.key, group.key_place = value, place

    def _value(self, event: yaml.ScalarEvent, value: Plain) -> None:
        if isinstance(value, Refused):
            self.found.append(Diagnostic(value.code, value.message, _place(event), value.hint))
            value = None
        self._record(event, event.style or "")
        self._open[-1].take(value)

    def _collection(
        self, event: yaml.CollectionStartEvent, container: dict[str, Any] | list[Any]
    ) -> None:
        if len(self._open) == refusals.MAX_DEPTH:
            self._stop(refusals.too_deep(_place(event)))
        path: KeyPath | None = ()
        if not self._open:
            self._begin(event, container)
        elif self._open[-1].at_key:
            self.found.append(self._group_as_key(event))
            self._open[-1].at_key = False
            path = None
        else:
            path = self._record(event, None)
            self._open[-1].take(container)
        self._open.append(Open(container, path, isinstance(container, dict)))

    def _begin(
        self, event: yaml.CollectionStartEvent, container: dict[str, Any] | list[Any]
    ) -> None:
        if isinstance(container, list):
            self._stop(refusals.not_a_mapping("a list", _place(event)))
        else:
            self.data = container
            self.nodes[()] = _node(event, None, None)

    def _record(self, event: yaml.Event, style: str | None) -> KeyPath | None:
        path = self._open[-1].next_path()
        if path is not None:
            self.nodes[path] = _node(event, self._open[-1].key_place, style)
        return path

    def _group_as_key(self, event: yaml.Event) -> Diagnostic:
        node = _node(event, None, None)
        if self.text[max(node.start - 1, 0) : node.start + 1] == "{{":
            return refusals.unquoted_liquid(Place(node.place.line, node.place.column - 1))
        return refusals.group_as_key(node.place)


def _node(event: yaml.Event, key: Place | None, style: str | None) -> Node:
    start: Any = event.start_mark
    end: Any = event.end_mark
    return Node(Place(start.line + 1, start.column + 1), key, start.index, end.index, style)


def _place(event: yaml.Event) -> Place:
    mark: Any = event.start_mark
    return Place(mark.line + 1, mark.column + 1)


def _mishap(error: Exception) -> Mishap:
    """What the YAML parser says, as plain values."""
    if not isinstance(error, yaml.MarkedYAMLError):
        return Mishap(str(error), START, None)
    at, opened = error.problem_mark, error.context_mark
    return Mishap(
        f"{error.context or ''}: {error.problem or ''}",
        Place(at.line + 1, at.column + 1) if at else START,
        Place(opened.line + 1, opened.column + 1) if opened else None,
    )
