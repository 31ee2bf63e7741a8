"""Reading what a playbook declares: parameters, facts of its own, defaults and actions."""

from typing import Any

from service.playbook.diagnostics import did_you_mean
from service.playbook.meaning.scope import Path, Scope, as_ref, as_written
from service.playbook.rules import Parameter, Scalar
from service.playbook.values import KIND_WORDS, fits, how_to_write
from service.playbook.vocabulary import ACTIONS, STANDARD_FACTS, Fact

#: Words with a meaning of their own where a fact could stand.
RESERVED_FACTS = frozenset({"any", "all", "not", "done"})
#: The word for every value in a table.
_ANY = "any"


def read_parameters(scope: Scope) -> dict[str, Parameter]:
    """The parameters by name."""
    found: dict[str, Parameter] = {}
    scope.unsure.update(scope.names("parameters"))
    for name, item in scope.entries("parameters"):
        path: Path = ("parameters", name)
        if name in STANDARD_FACTS:
            _taken(name, "a standard fact", path, scope)
            continue
        place = scope.document.key_place(path)
        found[name] = Parameter(name, item["value"], item.get("unit", ""), item["title"], place)
    scope.unsure.difference_update(found)
    return found


def read_facts(scope: Scope) -> dict[str, Scalar]:
    """Declare the playbook's own facts; gives the defaults, parameters resolved."""
    defaults: dict[str, Scalar] = {}
    scope.unsure.update(set(scope.names("facts")) - STANDARD_FACTS.keys())
    for name, item in scope.entries("facts"):
        path: Path = ("facts", name)
        fact = _declared(name, item, path, scope)
        if fact is None:
            scope.complete = False
            continue
        scope.facts[name] = fact
        scope.unsure.discard(name)
        if item.get("default") is not None:
            _read_default(fact, item["default"], (*path, "default"), scope, defaults)
    return defaults


def _declared(name: str, item: dict[str, Any], path: Path, scope: Scope) -> Fact | None:
    standard = STANDARD_FACTS.get(name)
    if standard is not None:
        return _standard(standard, item, path, scope)
    if name in scope.parameters or name in RESERVED_FACTS:
        what = "a parameter" if name in scope.parameters else "a word of the language"
        _taken(name, what, path, scope)
        return None
    return _own_fact(name, item, path, scope)


def _taken(name: str, what: str, path: Path, scope: Scope) -> None:
    scope.report(
        "duplicate-name", f"`{name}` is {what} already", path, "choose another name", at_key=True
    )
    scope.complete = False


def _standard(fact: Fact, item: dict[str, Any], path: Path, scope: Scope) -> Fact | None:
    """A standard fact may be named to give it a default, and for nothing else."""
    if fact.origin == "history":
        what = "is computed from the history, so it cannot be declared"
        hint = "delete it, or choose another name"
    elif set(item) - {"default", "title"}:
        what = "is a standard fact and keeps its meaning"
        hint = f"leave only `default` here, as in `{fact.name}: {{default: ...}}`"
        hint += ", or choose another name"
    else:
        return fact
    scope.report("duplicate-name", f"`{fact.name}` {what}", path, hint, at_key=True)
    return None


def _own_fact(name: str, item: dict[str, Any], path: Path, scope: Scope) -> Fact | None:
    type_, values = item.get("type"), tuple(item.get("values", ()))
    if type_ is None:
        scope.report(
            "unknown-fact",
            f"`{name}` is no standard fact, and has no `type` to be a fact of its own",
            path,
            did_you_mean(name, STANDARD_FACTS) or "add `type: boolean` and a `title`",
            at_key=True,
        )
        return None
    for key in ("values", "ordered"):
        if key in item and type_ != "choice":
            scope.report(
                "type-mismatch",
                f"`{name}` is {KIND_WORDS[type_]}, so it has no `{key}`",
                (*path, key),
                f"delete `{key}`, or write `type: choice`",
                at_key=True,
            )
            return None
    if _ANY in values:
        scope.report(
            "value-not-allowed",
            f"`{name}` cannot have the word `{_ANY}`, which means every value in a table",
            (*path, "values", values.index(_ANY)),
            "choose another word",
        )
    return Fact(name, type_, item["title"], values=values, ordered=item.get("ordered", False))


def _read_default(
    fact: Fact, written: object, path: Path, scope: Scope, defaults: dict[str, Scalar]
) -> None:
    ref = as_ref(written)
    value: object = written
    if ref is not None:
        parameter = scope.parameter(ref.name, path)
        if parameter is None:
            return
        value = parameter.value
    if fact.type == "list" or not fits(fact, value):
        _report_default(fact, written, value, path, scope)
        return
    least = fact.minimum
    if least is not None and isinstance(value, int | float) and value < least:
        message = f"`{fact.name}` is {least} or more, and its default `{written}` is not"
        scope.report("value-not-allowed", message, path, f"write {least} or more")
        return
    if isinstance(value, bool | int | float | str):
        defaults[fact.name] = value


def _report_default(fact: Fact, written: object, value: object, path: Path, scope: Scope) -> None:
    shown = as_written(written)
    code, hint = "type-mismatch", how_to_write(fact, value)
    if fact.type == "list":
        message, hint = f"`{fact.name}` is a list, and a list has no default", "delete `default`"
    elif fact.type == "choice" and isinstance(value, str):
        code, message = "value-not-allowed", f"`{fact.name}` is never `{shown}`"
        hint = did_you_mean(value, fact.values)
    else:
        what = f"`{shown}`" if written == value else f"`{shown}` ({value})"
        message = f"`{fact.name}` is {KIND_WORDS[fact.type]}, and its default {what} is not"
        hint = hint or did_you_mean(shown, fact.values)
    scope.report(code, message, path, hint)
    scope.complete = False


def read_actions(scope: Scope) -> dict[str, str]:
    """The playbook's own actions with their titles; none may have a standard action's name."""
    for name, _ in scope.entries("actions"):
        if name in ACTIONS:
            _taken(name, "a standard action", ("actions", name), scope)
    return dict.fromkeys(scope.names("actions"), "")
