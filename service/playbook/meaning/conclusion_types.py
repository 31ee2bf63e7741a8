"""The names that a playbook concludes, and of what type each is."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from service.playbook.diagnostics import Place
from service.playbook.meaning.scope import PARAMETER_FACT, Path, Scope, as_list, as_ref
from service.playbook.text.document import Document
from service.playbook.values import KIND_WORDS
from service.playbook.vocabulary import Fact, FactType

#: What says nothing of the values in a table.
_ABOUT_A_TABLE = frozenset({"table", "because"})


@dataclass
class _Written:
    """Every value that is written for one concluded name, with its path.

    `path` is where the name first stands. `unread` says that a value is misshapen, so that
    nobody knows of what type the name is.
    """

    path: Path
    collects: bool = False
    values: list[tuple[Path, object]] = field(default_factory=list)
    unread: bool = False

    @property
    def is_key(self) -> bool:
        """Whether the name stands before a colon: in a rule's `then`, not in a table's `output`."""
        return self.path[0] == "conclude"


def declare_conclusions(scope: Scope) -> None:
    """Make every concluded name a fact, its type taken from the values concluded.

    Values can refer to other conclusions, so this goes round until nothing new is learnt.
    """
    pending = _written_values(scope)
    for name in [name for name in pending if name in scope.facts or name in scope.parameters]:
        _report_taken(name, pending.pop(name), scope)
    scope.unsure.update(pending)
    pending = {name: written for name, written in pending.items() if not written.unread}
    learning = True
    while learning:
        learnt = {name: _kinds(written, scope) for name, written in pending.items()}
        for name, kinds in learnt.items():
            if kinds is not None:
                fact = _fact_of(name, kinds, pending.pop(name), scope)
                if fact is not None:
                    scope.facts[name] = fact
                    scope.unsure.discard(name)
        learning = bool(pending) and any(kinds is not None for kinds in learnt.values())
    # What is left refers to nothing, which is told where it stands, or to itself in a circle.
    _report_circle(pending, scope)


def _report_taken(name: str, written: _Written, scope: Scope) -> None:
    """A rule can conclude only what is not known in another way."""
    fact = scope.facts.get(name)
    if fact is not None and fact.origin == "history":
        kind = "is computed from the history"
    else:
        kind = "is a parameter already" if fact is None else "is a fact that is given"
    scope.report(
        "duplicate-name",
        f"`{name}` {kind}, so no rule can conclude it",
        written.path,
        "choose another name for the conclusion",
        at_key=written.is_key,
    )
    scope.complete = False


def _report_circle(pending: dict[str, _Written], scope: Scope) -> None:
    needs = {
        name: [
            ref
            for ref in dict.fromkeys(_references(value for _, value in written.values))
            if ref in pending
        ]
        for name, written in pending.items()
    }
    for start in pending:
        path: list[str] = []
        name = start
        while name not in path and needs[name]:
            path.append(name)
            name = needs[name][0]
        if name in path:
            circle = path[path.index(name) :]
            scope.complete = False
            scope.report(
                "conclusion-cycle",
                f"`{name}` is made of itself"
                if len(circle) == 1
                else f"{' and '.join(f'`{each}`' for each in circle)} are made of one another",
                pending[name].path,
                "give one of them a value that does not come from the others"
                if len(circle) > 1
                else "give it a value that comes from elsewhere",
                at_key=pending[name].is_key,
            )
            return


def _references(values: Iterable[object]) -> Iterator[str]:
    """The names that values refer to."""
    for value in values:
        ref = as_ref(value)
        if ref is not None:
            yield ref.name
        elif isinstance(value, dict):
            for arguments in value.values():
                yield from _references(arguments)


def _written_values(scope: Scope) -> dict[str, _Written]:
    found: dict[str, _Written] = {}
    for path, rule in scope.items("conclude"):
        for name, value in (scope.piece(rule, "then", path) or {}).items():
            where = (*path, "then", name)
            written = found.setdefault(name, _Written(where))
            written.values.append((where, value))
            written.unread = written.unread or not scope.is_sound(where)
    for path, table in scope.items("tables"):
        is_read = scope.is_sound_but(path, _ABOUT_A_TABLE) and {"inputs", "output"} <= table.keys()
        first, outputs = len(as_list(table.get("inputs"))), as_list(table.get("output"))
        collects = table.get("hit") == "collect"
        for column, name in enumerate(outputs, first):
            written = found.setdefault(str(name), _Written(_of_output(path, table, name), collects))
            written.unread = written.unread or not is_read
            if is_read:
                written.values += _column(table, path, column, first + len(outputs))
    return found


def _column(table: dict[str, Any], path: Path, column: int, width: int) -> list[tuple[Path, Any]]:
    """The cells of one column, of the rows that have as many cells as the table needs."""
    return [
        ((*path, "rows", j, column), row[column])
        for j, row in enumerate(table.get("rows", ()))
        if len(row) == width
    ]


def _of_output(path: Path, table: dict[str, Any], name: object) -> Path:
    """Where the name of one of a table's outputs stands."""
    listed = table["output"]
    return (*path, "output", listed.index(name)) if isinstance(listed, list) else (*path, "output")


def conclusion_places(document: Document) -> dict[str, Place]:
    """Where each name that a playbook of the right shape concludes first stands."""
    written = _written_values(Scope(document))
    return {
        name: document.key_place(one.path) if one.is_key else document.place(one.path)
        for name, one in written.items()
    }


def _kinds(written: _Written, scope: Scope) -> list[Fact] | None:
    """What each value is; None while one is not known yet."""
    kinds = [_kind(value, scope) for _, value in written.values]
    known = [kind for kind in kinds if kind is not None]
    return known if len(known) == len(kinds) else None


def _kind(value: object, scope: Scope) -> Fact | None:
    ref = as_ref(value)
    if ref is not None:
        return PARAMETER_FACT if ref.name in scope.parameters else scope.facts.get(ref.name)
    if isinstance(value, dict):
        arguments = [_kind(item, scope) for items in value.values() for item in items]
        known = [kind.type for kind in arguments if kind is not None]
        if len(known) < len(arguments):
            return None
        return Fact("", "number" if "number" in known else "integer", "")
    if isinstance(value, bool):
        return Fact("", "boolean", "")
    if isinstance(value, int):
        return Fact("", "integer", "")
    if isinstance(value, float):
        return Fact("", "number", "")
    return Fact("", "choice", "", values=(str(value),))


def _fact_of(name: str, kinds: list[Fact], written: _Written, scope: Scope) -> Fact | None:
    words = tuple(dict.fromkeys(word for kind in kinds for word in kind.values))
    types = [kind.type for kind in kinds] or ["integer"]
    if {*types} == {"integer", "number"}:
        types = ["number"]
    if written.collects:
        if _is_all_words(name, types, written, scope):
            return Fact(name, "list", "A conclusion", "conclusion", words)
        return None
    if not _is_of_one_kind(name, types, written, scope):
        return None
    ordered = any(kind.ordered and kind.values == words for kind in kinds)
    return Fact(name, types[0], "A conclusion", "conclusion", words, ordered)


def _is_all_words(name: str, types: list[FactType], written: _Written, scope: Scope) -> bool:
    for type_, (path, _) in zip(types, written.values, strict=False):
        if type_ not in ("choice", "text"):
            message = f"`{name}` collects words, and this is {KIND_WORDS[type_]}"
            hint = "put quotes round it, or use `hit: first`"
            scope.report("type-mismatch", message, path, hint)
            scope.complete = False
            return False
    return True


def _is_of_one_kind(name: str, types: list[FactType], written: _Written, scope: Scope) -> bool:
    """Notes the first value that is of another kind than the first one."""
    kinds = ["number" if type_ == "integer" else type_ for type_ in types]
    for kind, type_, (path, value) in zip(kinds, types, written.values, strict=False):
        if kind != kinds[0]:
            line = scope.place(written.values[0][0]).line
            message = (
                f"`{name}` is {KIND_WORDS[type_]} here, and {KIND_WORDS[types[0]]} in line {line}"
            )
            hint = "give it values of one kind everywhere"
            if "boolean" in types and {value, written.values[0][1]} & {"yes", "no"}:
                hint = "write `true` and `false`, not `yes` and `no`"
            scope.report("type-mismatch", message, path, hint)
            scope.complete = False
            return False
    return True
