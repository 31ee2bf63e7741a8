"""Requests that mean harm: JSON of every malformed kind, and every type in every field."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator

from service.shipped import shipped
from tests.endurance.json_shapes import NO, REFUSED, TAKEN, YES
from tests.endurance.server import PLAYBOOKS
from tests.services import app_over

MALFORMED = "urn:unghost:problem:malformed-body"
INVALID = "urn:unghost:problem:not-valid"
ADDRESSES = ("/v1/next-action", "/v1/playbooks/validate")
SCHEMA = json.loads(shipped("schemas", "decision-request.schema.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    """A caller of the service."""
    return app_over(PLAYBOOKS).test_client()


def name_of(text: bytes) -> str:
    """A text as the name of a case."""
    return ascii(text[:24])[2:-1] or "nothing"


def placed(text: bytes) -> Iterator[bytes]:
    """The text as a whole body, and as a value in a good request, inside and at the end."""
    yield text
    yield b'{"prospect":{"id":"c-1","custom":%s},"history":[]}' % text
    yield b'{"prospect":{"id":"c-1"},"history":%s}' % text


def answers(client: FlaskClient, text: bytes) -> Iterator[tuple[int, str]]:
    """Status and kind of problem, from every address and place."""
    for address in ADDRESSES:
        for body in placed(text):
            response = client.post(address, data=body, content_type="application/json")
            answer = response.get_json(force=True)
            yield response.status_code, answer.get("type", "")


def test_there_are_shapes() -> None:
    """They are many, and none is in two lists."""
    every = [*YES, *NO, *TAKEN, *REFUSED]

    assert len(every) > 250
    assert len(every) == len(set(every))


@pytest.mark.parametrize("text", [*YES, *TAKEN], ids=name_of)
def test_what_is_json_is_read(text: bytes, client: FlaskClient) -> None:
    """It may be no request, but that it is not JSON is never said."""
    assert set(answers(client, text)) <= {(200, ""), (422, INVALID)}


@pytest.mark.parametrize("text", [*NO, *REFUSED], ids=name_of)
def test_what_is_no_json_is_refused(text: bytes, client: FlaskClient) -> None:
    """Alone or in the place of a value, it makes the body malformed, whatever is around it."""
    assert set(answers(client, text)) == {(400, MALFORMED)}


# ---- wrong types --------------------------------------------------------------------

#: A value of every type, at the edges of what the fields allow.
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 2**53, -(2**53), 0.5, 1e300, -0.0),
    *("", " ", "a", "0", "true", "null", "a" * 101, "a" * 5_000, "\0", "\u202e", "{{ id }}"),
    *("house", "email", "2026-11-20", "2026-11-20T15:00:00Z", "0000-00-00T00:00:00Z"),
    *("9999-12-31T23:59:59-14:00", "2026-02-30", "../../etc/passwd", "\N{PILE OF POO}"),
    *([], {}, [[]], [{}], {"a": {}}, [None], [1], ["a"], ["a"] * 3_000, {"id": "c-1"}),
)
TOUCH = {"at": "2026-11-02T09:00:00Z", "direction": "outbound", "channel": "email"}


def requests_with(field: tuple[str, ...], value: Any) -> dict[str, Any]:
    """A good request, but for one field."""
    request: dict[str, Any] = {"prospect": {"id": "c-1"}, "history": [dict(TOUCH)]}
    place: Any = request
    for step in field[:-1]:
        place = place["history"][0] if step == "touch" else place[step]
    place[field[-1]] = value
    return request


def fields() -> list[tuple[str, ...]]:
    """Every field that the schema knows, and some that it does not."""
    named = SCHEMA["$defs"]
    return [
        *((name,) for name in (*SCHEMA["properties"], "strange")),
        *(("prospect", name) for name in (*named["prospect"]["properties"], "strange", "~/")),
        *(("touch", name) for name in (*named["touch"]["properties"], "strange")),
    ]


def test_the_schema_has_the_fields() -> None:
    """They were found where this looks for them."""
    assert len(fields()) > 40


@pytest.mark.parametrize("field", fields(), ids="/".join)
def test_every_type_in_every_field_is_answered_or_refused(
    field: tuple[str, ...], client: FlaskClient
) -> None:
    """What the schema forbids is refused, and its place named; the rest is read for itself."""
    validator = Draft202012Validator(SCHEMA)
    pointer = "/".join(step.replace("~", "~0").replace("/", "~1") for step in field)
    where = "/" + pointer.replace("touch", "history/0")
    for value in VALUES:
        body = requests_with(field, value)
        response = client.post("/v1/next-action", json=body)
        answer = response.get_json(force=True)
        allowed = {200, 422} if validator.is_valid(body) else {422}
        assert response.status_code in allowed, (value, answer)
        paths = [mistake["path"] for mistake in answer.get("errors", ())]
        assert all(path.startswith(where) for path in paths), (value, answer)
        assert bool(paths) == (response.status_code == 422)


@pytest.mark.parametrize("value", VALUES, ids=lambda value: ascii(value)[:24])
def test_every_type_for_a_whole_request_is_refused(value: Any, client: FlaskClient) -> None:
    """Nothing but a request is one, and nothing but an object with a text is a playbook."""
    for address in ADDRESSES:
        response = client.post(address, data=json.dumps(value), content_type="application/json")
        assert response.status_code == 422
        assert response.get_json(force=True)["errors"]
