"""Small bodies: an object with a few texts in it."""

from collections.abc import Collection

from service.web.problems import InvalidBody
from service.web.requests import MAX_MISTAKES, Mistake
from service.web.strict_json import parse_json, pointer


def read_fields(
    body: bytes, needed: Collection[str], optional: Collection[str] = ()
) -> dict[str, str]:
    """The texts in a JSON object; empty for an optional one that is null or not there.

    Raises:
        MalformedBody: it is not strict JSON.
        InvalidBody: a text is missing, or no text, or there is anything else.
    """
    value = parse_json(body)
    if not isinstance(value, dict):
        raise InvalidBody(Mistake("", "must be an object"))
    names = (*needed, *optional)
    there_are = " and ".join(f"`{name}`" for name in names)
    mistakes = [Mistake(f"/{name}", "is missing") for name in needed if name not in value]
    for name in sorted(value):
        text = value[name]
        if name not in names:
            message = f"is not a field here; there is {there_are}"
            mistakes.append(Mistake(pointer([name]), message))
        elif not isinstance(text, str) and (text is not None or name in needed):
            mistakes.append(Mistake(f"/{name}", "must be a text"))
    if mistakes:
        raise InvalidBody(*mistakes[:MAX_MISTAKES])
    return {name: value.get(name) or "" for name in names}
