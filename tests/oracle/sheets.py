"""Random playbooks on paper: written line by line, loaded, and mended where they are refused.

Whoever draws at random draws rules that never fire and rows that overlap. The diagnostics say
where, so those lines are taken out until the product accepts what is left: every playbook
that is tried is one that a manager could have.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from service.playbook import Loaded, load

Sheet = dict[str, Any]
#: Where something stands in a sheet.
Path = tuple[str | int, ...]
_PLAIN = re.compile(r"[a-z][a-z0-9_-]*( [a-z0-9_]+)*|\$[a-z0-9_]+( [a-z_]+)*|\d{4}-\d\d-\d\d")
_NOT_TEXT = ("true", "false", "null")
_MOST_TRIES = 12


def written(value: Any) -> str:
    """A value in one line of YAML; words without quotes where that does no harm."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {written(each)}' for key, each in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(written, value))}]"
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value not in _NOT_TEXT:
        return value
    return json.dumps(value)


def lines(sheet: Sheet) -> Iterator[tuple[str, Path]]:
    """The lines of a sheet, each with the path of what it holds."""
    for section, part in sheet.items():
        if isinstance(part, list) and part:
            yield f"{section}:", (section,)
            for number, item in enumerate(part):
                yield from _item(item, (section, number))
        elif section in ("parameters", "facts", "windows", "templates") and part:
            yield f"{section}:", (section,)
            for name, item in part.items():
                yield f"  {name}: {written(item)}", (section, name)
        elif part:
            yield f"{section}: {written(part)}", (section,)


def _item(item: dict[str, Any], path: Path) -> Iterator[tuple[str, Path]]:
    if "rows" not in item:
        yield f"  - {written(item)}", path
        return
    for number, (key, value) in enumerate(item.items()):
        if key != "rows":
            yield f"  {'- ' if number == 0 else '  '}{key}: {written(value)}", path
    yield "    rows:", path
    for number, row in enumerate(item["rows"]):
        yield f"      - {written(row)}", (*path, "rows", number)


def text_of(sheet: Sheet) -> str:
    """The sheet as YAML."""
    return "\n".join(line for line, _ in lines(sheet)) + "\n"


def mended(sheet: Sheet) -> tuple[Sheet, str, Loaded] | None:
    """A sheet less what is refused, its text, and what that is loaded as; None if all of it is."""
    for _ in range(_MOST_TRIES):
        text = text_of(sheet)
        loaded = load(text)
        if loaded.ruleset is not None:
            return sheet, text, loaded
        paths = [path for _, path in lines(sheet)]
        errors = [found for found in loaded.diagnostics if found.severity == "error"]
        refused = {paths[found.place.line - 1] for found in errors if found.place.line > 1}
        if any(found.code == "no-answer" for found in errors):
            sheet = {**sheet, "otherwise": {"action": "wait", "because": "Nothing else."}}
        elif not refused:
            return None
        sheet = without(sheet, refused)
    return None


def without(part: Any, paths: set[Path]) -> Any:
    """What is left of a part once what stands at these paths is taken out."""
    if not isinstance(part, dict | list):
        return part
    pairs = part.items() if isinstance(part, dict) else enumerate(part)
    kept = {
        key: without(value, {path[1:] for path in paths if path[0] == key and len(path) > 1})
        for key, value in pairs
        if (key,) not in paths
    }
    if isinstance(part, dict):
        return kept
    return [value for value in kept.values() if not isinstance(value, dict) or value.get("rows", 1)]
