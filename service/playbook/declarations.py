"""Reading what a playbook declares: parameters, facts of its own, defaults and actions."""

from typing import Any

from service.playbook.rules import Parameter, Scalar
from service.playbook.scope import Path, Scope, as_ref
from service.playbook.values import TYPE_WORDS, fits
from service.playbook.vocabulary import ACTIONS, RESERVED_ACTIONS, STANDARD_FACTS, Fact

#: Words with a meaning of their own where a fact could stand.
RESERVED_FACTS = frozenset({"any", "all", "not", "done"})


def read_parameters(data: dict[str, Any], scope: Scope) -> dict[str, Parameter]:
    """The parameters by name."""
    return {
        name: Parameter(
            name,
            item["value"],
            item.get("unit", ""),
            item["title"],
            scope.document.key_place(("parameters", name)),
        )
        for name, item in (data.get("parameters") or {}).items()
    }


def read_facts(data: dict[str, Any], scope: Scope) -> dict[str, Scalar]:
    """Declare the playbook's own facts; gives the defaults, parameters resolved."""
    defaults: dict[str, Scalar] = {}
    for name, item in (data.get("facts") or {}).items():
        path: Path = ("facts", name)
        fact = _declared(name, item, path, scope)
        if fact is None:
            scope.complete = False
            continue
        scope.facts[name] = fact
        if item.get("default") is not None:
            _read_default(fact, item["default"], (*path, "default"), scope, defaults)
    return defaults


def _declared(name: str, item: dict[str, Any], path: Path, scope: Scope) -> Fact | None:
    standard = STANDARD_FACTS.get(name)
    if standard is not None:
        if standard.origin == "history" or set(item) - {"default", "title"}:
            what = "computed from the history" if standard.origin == "history" else "standard"
            scope.report(
                "duplicate-name",
                f"`{name}` is a fact that is {what} and keeps its meaning",
                path,
                "choose another name; a standard fact may only be given a `default`"
                if standard.origin == "history"
                else "leave only `default` here, or choose another name",
                at_key=True,
            )
            return None
        return standard
    if name in scope.parameters or name in RESERVED_FACTS:
        why = "a parameter" if name in scope.parameters else "a word of the language"
        scope.report(
            "duplicate-name", f"`{name}` is {why} already", path, "choose another name", at_key=True
        )
        return None
    return _own_fact(name, item, path, scope)


def _own_fact(name: str, item: dict[str, Any], path: Path, scope: Scope) -> Fact | None:
    type_, values = item.get("type"), tuple(item.get("values", ()))
    if type_ is None:
        scope.unknown("fact", name, path, STANDARD_FACTS, at_key=True)
        return None
    if (type_ == "choice") != bool(values):
        scope.report(
            "type-mismatch",
            f"`{name}` is {TYPE_WORDS[type_]}, so `values` "
            + ("is missing" if type_ == "choice" else "has no meaning"),
            path,
            "add `values: [low, high]` with its words"
            if type_ == "choice"
            else "leave `values` out, or write `type: choice`",
            at_key=True,
        )
        return None
    return Fact(name, type_, item["title"], values=values, ordered=item.get("ordered", False))


def _read_default(
    fact: Fact, written: object, path: Path, scope: Scope, defaults: dict[str, Scalar]
) -> None:
    ref = as_ref(written)
    value: object = written
    if ref is not None:
        if ref.name not in scope.parameters:
            scope.unknown("parameter", ref.name, path, scope.parameters)
            return
        value = scope.parameters[ref.name].value
    if fact.type == "list" or not fits(fact, value):
        scope.report(
            "type-mismatch",
            f"`{fact.name}` is {TYPE_WORDS[fact.type]}, and its default `{written}` is not",
            path,
        )
        scope.complete = False
        return
    if isinstance(value, bool | int | float | str):
        defaults[fact.name] = value


def action_titles(data: dict[str, Any]) -> dict[str, str]:
    """The titles of the playbook's own actions, by name."""
    return {name: item["title"] for name, item in (data.get("actions") or {}).items()}


def read_actions(data: dict[str, Any], scope: Scope) -> dict[str, str]:
    """The playbook's own actions with their titles, judged against the standard ones."""
    if not scope.is_sound(("actions",)):
        return dict.fromkeys(data.get("actions") or {}, "")
    for name in action_titles(data):
        if name in RESERVED_ACTIONS or name in ACTIONS:
            scope.report(
                "duplicate-name",
                f"`{name}` is a standard action already",
                ("actions", name),
                "choose another name",
                at_key=True,
            )
    return action_titles(data)
