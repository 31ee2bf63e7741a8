"""Names given twice, claims that no rule carries, parameters that nothing reads."""

import re
from typing import Any

from service.playbook.meaning.scope import Path, Scope, as_list, as_written

_PARAMETER_READ = re.compile(r"(?:\$|\bparameters\.)([a-z][a-z0-9_]*)")
_CLAIM_CODES = re.compile(r"(?:[A-Z]\d{1,2}(?:, )?)+(?=\.)")


def check_names(data: dict[str, Any], scope: Scope) -> None:
    """Rules, tables and sequences are told apart by their names in every answer."""
    seen: dict[str, Path] = {}
    for section in ("conclude", "tables", "exits", "plays"):
        for i, item in enumerate(as_list(data.get(section))):
            if not isinstance(item, dict):
                continue
            for key in ("rule", "table", "sequence"):
                name = item.get(key)
                if not isinstance(name, str):
                    continue
                path: Path = (section, i, key)
                if name in seen:
                    first = scope.place(seen[name]).line
                    scope.report(
                        "duplicate-name",
                        f"`{name}` names another rule already, in line {first}",
                        path,
                        "give each rule a name of its own",
                    )
                seen.setdefault(name, path)


def check_claims(data: dict[str, Any], scope: Scope) -> None:
    """Where a playbook says what it claims, rules and claims must hold together."""
    claims = data.get("claims")
    if not claims or not scope.is_sound(("claims",)):
        return
    used: set[str] = set()
    for path, text in _reasons(data):
        match = _CLAIM_CODES.match(text)
        for code in match.group().split(", ") if match else ():
            used.add(code)
            if code not in claims:
                scope.unknown("claim", code, path, claims)
    for code in claims:
        if code not in used:
            scope.report(
                "unused-claim",
                f"no `because` carries the claim `{code}`",
                ("claims", code),
                f"begin the `because` of the rule that carries it with `{code}.`",
                at_key=True,
                severity="warning",
            )


def check_parameters(data: dict[str, Any], scope: Scope) -> None:
    """Every number at the top is there to be tuned; one that nothing reads misleads."""
    read = {
        name
        for _, text in _texts({k: v for k, v in data.items() if k != "examples"})
        for name in _PARAMETER_READ.findall(text)
    }
    for name in scope.parameters:
        if name not in read:
            scope.report(
                "unused-parameter",
                f"nothing reads the parameter `{name}`",
                ("parameters", name),
                "use it, or take it out",
                at_key=True,
                severity="warning",
            )


def check_commas(data: dict[str, Any], scope: Scope) -> None:
    """A comma in a text without quotes, between brackets, ends the text: nobody means that.

    Told by a part that begins small on the line on which the text before it stands, and of
    phrases by more: they often begin small.
    """
    texts = dict(_texts(data))
    bodies = " ".join(text for path, text in texts.items() if path[0] == "templates")
    for path, text in sorted(texts.items(), key=lambda found: scope.place(found[0])):
        before = (*path[:-1], path[-1] - 1) if isinstance(path[-1], int) else path
        if before not in texts or before == path or not _on_one_line(before, path, scope):
            continue
        if _is_cut(str(path[-2]), texts[before], text, bodies):
            scope.report(
                "comma-splits-text",
                f"the comma before `{as_written(text)}` ends the text, so these are two items",
                path,
                "put quotes round a text that holds a comma",
                severity="warning",
            )


def _is_cut(name: str, before: str, text: str, bodies: str) -> bool:
    """Whether two neighbours in a list of this name are probably one text."""
    goes_on = " " in text and text[0].islower() and before[-1:] not in (".", "!", "?")
    match name:
        case "checklist":
            return goes_on
        case "phrases":
            return goes_on and before[:1].isupper()
        case "message_has" | "message_lacks":
            return f"{before}, {text}" in bodies
    return False


def _on_one_line(before: Path, path: Path, scope: Scope) -> bool:
    """Whether two texts stand in one line, both without quotes."""
    nodes = [scope.document.nodes.get(each) for each in (before, path)]
    return all(node and not node.style for node in nodes) and (
        scope.place(before).line == scope.place(path).line
    )


def _reasons(data: dict[str, Any]) -> list[tuple[Path, str]]:
    """Every `because` of the playbook with its path."""
    rules = {key: value for key, value in data.items() if key != "examples"}
    return [(path, text) for path, text in _texts(rules) if path[-1] == "because"]


def _texts(data: object) -> list[tuple[Path, str]]:
    """Every text of a document with its path."""
    found: list[tuple[Path, str]] = []
    stack: list[tuple[Path, object]] = [((), data)]
    while stack:
        path, node = stack.pop()
        if isinstance(node, str):
            found.append((path, node))
        elif isinstance(node, dict):
            stack += [((*path, key), value) for key, value in node.items()]
        elif isinstance(node, list):
            stack += [((*path, i), value) for i, value in enumerate(node)]
    return found
