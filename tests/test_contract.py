"""openapi.yaml and the service, held together both ways."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry, Resource

from service.playbook.text import document
from service.shipped import shipped
from service.store.ledger.repeats import asked
from service.web.exchange import NOBODY
from service.web.state import EXTENSION, State
from tests.document_cases import document_cases
from tests.experiment_cases import experiment_cases
from tests.ledger_cases import ASKED_BEFORE, LEDGER_CASES
from tests.services import app_over

#: The examples of openapi.yaml were answered by these playbooks, not by the shipped ones: those
#: may change without the contract changing.
PLAYBOOKS = Path(__file__).parent / "corpus" / "requests" / "playbooks"
DEFAULT = PLAYBOOKS / "policy" / "default.yaml"
METHODS = {"get", "post", "put", "patch", "delete"}


def read_contract() -> dict[str, Any]:
    """openapi.yaml as plain data, read as the service reads it."""
    read, diagnostics = document.read(shipped("openapi.yaml").read_bytes())
    assert read is not None, diagnostics
    return read.data


CONTRACT = read_contract()
SCHEMAS = {
    path.name: json.loads(path.read_text("utf-8")) for path in shipped("schemas").glob("*.json")
}
REGISTRY: Registry[Any] = Registry().with_resources(
    (f"schemas/{name}", Resource.from_contents({**schema, "$id": f"schemas/{name}"}))
    for name, schema in SCHEMAS.items()
)
OPERATIONS = {
    f"{method.upper()} {path}": operation
    for path, operations in CONTRACT["paths"].items()
    for method, operation in operations.items()
    if method in METHODS
}


@pytest.fixture(scope="module")
def app() -> Flask:
    """The service that the examples are about."""
    return app_over(PLAYBOOKS)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A caller of it."""
    return app.test_client()


def whole(part: dict[str, Any]) -> dict[str, Any]:
    """A part of the contract, also where it is only named."""
    if not part.get("$ref", "").startswith("#/components/"):
        return part
    _, _, kind, name = part["$ref"].split("/")
    found: dict[str, Any] = CONTRACT["components"][kind][name]
    return found


def contents(operation: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every body of an operation: its status (or `request`), its media type, and the rest."""
    if "requestBody" in operation:
        for media_type, content in operation["requestBody"]["content"].items():
            yield "request", media_type, content
    for status, response in operation["responses"].items():
        for media_type, content in whole(response).get("content", {}).items():
            yield status, media_type, content


def examples(content: dict[str, Any]) -> dict[str, Any]:
    """The examples of a body by name; a single one has none."""
    found = {name: example["value"] for name, example in content.get("examples", {}).items()}
    return found | ({"": content["example"]} if "example" in content else {})


EXAMPLES = [
    pytest.param(content["schema"], value, id=f"{name} {status} {example}".strip())
    for name, operation in OPERATIONS.items()
    for status, _, content in contents(operation)
    for example, value in examples(content).items()
]


def test_contract_is_openapi() -> None:
    """openapi.yaml is valid OpenAPI 3.1, and every operation has a name of its own."""
    OpenAPIV31SpecValidator(CONTRACT, base_uri=shipped("openapi.yaml").as_uri()).validate()

    names = [operation["operationId"] for operation in OPERATIONS.values()]
    assert len(names) == len(set(names))


def test_routes_and_contract_are_the_same(app: Flask) -> None:
    """Every route is described, and everything described is a route."""
    routes = {
        method + " " + re.sub(r"<(?:any_text:)?(\w+)>", r"{\1}", rule.rule)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }

    assert routes == set(OPERATIONS)


@pytest.mark.parametrize("name", OPERATIONS)
def test_everything_is_described(name: str) -> None:
    """Every operation, parameter, response and schema in the contract says what it is."""
    operation = OPERATIONS[name]

    assert {"operationId", "tags", "summary", "description"} <= operation.keys()
    assert all(whole(p)["description"] for p in operation.get("parameters", []))
    assert all(whole(r)["description"] for r in operation["responses"].values())
    for _, _, content in contents(operation):
        if "$ref" not in content["schema"]:
            assert {"title", "description"} <= content["schema"].keys()


@pytest.mark.parametrize("name", [n for n in OPERATIONS if "/v1/" in n])
def test_json_bodies_have_examples(name: str) -> None:
    """Every JSON body of the service's own operations is shown by an example."""
    bodies = [c for _, media_type, c in contents(OPERATIONS[name]) if media_type.endswith("json")]

    assert bodies
    assert [] == [body for body in bodies if not examples(body)]


def test_there_are_examples() -> None:
    """The examples below are not none."""
    assert len(EXAMPLES) >= 20


@pytest.mark.parametrize(("schema", "value"), EXAMPLES)
def test_example_keeps_to_its_schema(schema: dict[str, Any], value: object) -> None:
    """Every example is an instance of the schema beside it."""
    checker = Draft202012Validator(schema, registry=REGISTRY, format_checker=FormatChecker())

    assert [] == [error.message for error in checker.iter_errors(value)]


NEXT_ACTION = OPERATIONS["POST /v1/next-action"]
QUESTIONS = examples(NEXT_ACTION["requestBody"]["content"]["application/json"])
ANSWERS = examples(NEXT_ACTION["responses"]["200"]["content"]["application/json"])
#: The questions that are asked with a parameter.
ASKED_WITH = {"why_not": "?explain=full"}


def test_every_question_has_its_answer() -> None:
    """The examples of requests and of answers have the same names."""
    assert len(QUESTIONS) >= 2
    assert QUESTIONS.keys() == ANSWERS.keys()


@pytest.mark.parametrize("explain", ["", "fuller", "FULL"])
def test_an_unknown_word_for_explain_is_a_problem(explain: str, client: FlaskClient) -> None:
    """It names the parameter and the words that there are."""
    question = QUESTIONS["why_not"]

    response = client.post(f"/v1/next-action?explain={explain}", json=question)

    assert response.status_code == 422
    assert response.get_json()["errors"] == [
        {"path": "?explain", "message": "must be one of: brief, full"}
    ]


def test_a_brief_answer_is_the_default(client: FlaskClient) -> None:
    """`explain=brief` changes nothing."""
    question = QUESTIONS["why_not"]
    plain = client.post("/v1/next-action", json=question).get_json()
    brief = client.post("/v1/next-action?explain=brief", json=question).get_json()

    assert {**plain, "decision_id": ""} == {**brief, "decision_id": ""}


@pytest.mark.parametrize("name", QUESTIONS)
def test_question_gets_the_answer_shown(name: str, client: FlaskClient) -> None:
    """Asking what an example asks gives what the example answers, but for the id and digest."""
    address = f"/v1/next-action{ASKED_WITH.get(name, '')}"
    answer = client.post(address, json=QUESTIONS[name]).get_json()

    expected = json.loads(json.dumps(ANSWERS[name]))
    for decision in (expected, answer):
        del decision["decision_id"], decision["playbook"]["digest"]
    assert expected == answer
    assert list(expected) == list(answer)


TIMELINE = OPERATIONS["POST /v1/timeline"]
PLAYED = examples(TIMELINE["requestBody"]["content"]["application/json"])
TIMELINES = examples(TIMELINE["responses"]["200"]["content"]["application/json"])


@pytest.mark.parametrize("name", PLAYED)
def test_playing_gives_the_timelines_shown(name: str, client: FlaskClient) -> None:
    """Asking for what an example asks gives the example's timelines, but for the digests."""
    answer = client.post("/v1/timeline", json=PLAYED[name]).get_json()

    expected = json.loads(json.dumps(TIMELINES[name]))
    for line in (*expected["timelines"], *answer["timelines"]):
        del line["playbook"]["digest"]
    assert expected == answer
    assert list(expected) == list(answer)


def test_answers_keep_to_the_schema(client: FlaskClient) -> None:
    """The decisions really given keep to the schema, field for field."""
    checker = Draft202012Validator(SCHEMAS["decision.schema.json"], format_checker=FormatChecker())
    for name, question in QUESTIONS.items():
        address = f"/v1/next-action{ASKED_WITH.get(name, '')}"
        answer = client.post(address, json=question).get_json()
        checker.validate(answer)
        assert ("why_not" in answer["explanation"]) == (name in ASKED_WITH)
        assert list(SCHEMAS["decision.schema.json"]["properties"]) == list(answer)


# ---- every documented status is really given ----------------------------------------

_JSON = "application/json"
_GIVEN = {
    "POST /v1/next-action": {
        "200": {"json": QUESTIONS[next(iter(QUESTIONS))]},
        "400": {"data": b"{", "content_type": _JSON},
        "413": {"data": b" " * 262_145, "content_type": _JSON},
        "415": {"data": b"{}", "content_type": "text/xml"},
        "422": {"json": {}},
        "503": {"json": {"prospect": {"id": "c-1"}, "history": []}},
        **ASKED_BEFORE,
    },
    "POST /v1/timeline": {
        "200": {"json": PLAYED[next(iter(PLAYED))]},
        "400": {"data": b"{", "content_type": _JSON},
        "413": {"data": b" " * 262_145, "content_type": _JSON},
        "415": {"data": b"{}", "content_type": "text/xml"},
        "422": {"json": {}},
        "503": {"json": {"request": {"prospect": {"id": "c-1"}, "history": []}}},
    },
    **document_cases("/v1/playbooks", "house", (PLAYBOOKS / "house.yaml").read_bytes()),
    **document_cases("/v1/policies", "default", DEFAULT.read_bytes()),
    **experiment_cases(PLAYBOOKS / "house.yaml"),
    **LEDGER_CASES,
    "GET /healthz": {"200": {}},
    "GET /readyz": {"200": {}, "503": {}},
    "GET /metrics": {"200": {}},
    "GET /openapi.yaml": {"200": {}},
    "GET /openapi-3.0.yaml": {"200": {}},
    "GET /schemas/{name}.schema.json": {"200": {"name": "decision"}, "404": {"name": "decison"}},
}
CASES = [(name, status, given) for name, cases in _GIVEN.items() for status, given in cases.items()]


#: tests/web/test_access.py tries them for every operation that they may come from.
_OF_MANY = {"401", "403", "429", "503"}


def test_every_documented_status_has_a_case() -> None:
    """What is documented is what is tried below, operation by operation."""
    documented = {name: set(operation["responses"]) for name, operation in OPERATIONS.items()}
    tried = {name: set(cases) - _OF_MANY for name, cases in _GIVEN.items()}

    assert {name: statuses - _OF_MANY for name, statuses in documented.items()} == tried


@pytest.mark.parametrize(("name", "status", "given"), CASES, ids=lambda case: str(case)[:40])
def test_documented_status_is_really_given(
    name: str, status: str, given: dict[str, Any], app: Flask, tmp_path: Path
) -> None:
    """Each documented status comes, with a documented media type, headers and form."""
    method, path = name.split(" ")
    given = dict(given)
    service = app_over(tmp_path) if status == "503" else app
    client = service.test_client()
    for part in re.findall(r"{(\w+)}", path):
        found = given.pop(part)
        path = path.replace(f"{{{part}}}", found(client) if callable(found) else found)
    for before in given.pop("after", ()):
        client.open(**before)
    if given.pop("is_running", False):
        given["headers"] = {"Idempotency-Key": path}
        asking = asked(NOBODY, path, method, path, given.get("data", b""))
        state: State = service.extensions[EXTENSION]
        state.store.repeats.begin(asking, datetime.now(UTC))

    response = client.open(path, method=method, **given)

    documented = whole(OPERATIONS[name]["responses"][status])
    media_type = response.content_type.split(";")[0]
    assert int(status) == response.status_code
    assert media_type in documented["content"]
    assert documented.get("headers", {}).keys() <= set(response.headers.keys())
    if media_type.endswith("json"):
        checker = Draft202012Validator(
            documented["content"][media_type]["schema"],
            registry=REGISTRY,
            format_checker=FormatChecker(),
        )
        assert [] == [error.message for error in checker.iter_errors(response.get_json(force=True))]


# ---- the files, from the service ----------------------------------------------------


def test_contract_is_served_as_it_is(client: FlaskClient) -> None:
    """`GET /openapi.yaml` gives the file, byte for byte."""
    assert shipped("openapi.yaml").read_bytes() == client.get("/openapi.yaml").data


def test_references_of_the_contract_lead_to_the_service(client: FlaskClient) -> None:
    """Every relative reference in openapi.yaml is served beside it, byte for byte."""
    references = set(re.findall(r'"\$ref": "(schemas/[^"#]*)', json.dumps(CONTRACT)))

    assert len(references) >= 4
    for reference in references:
        assert shipped(reference).read_bytes() == client.get(f"/{reference}").data


def test_every_schema_is_served(client: FlaskClient) -> None:
    """Every file in schemas/ can be had from the service."""
    assert [200] * len(SCHEMAS) == [client.get(f"/schemas/{name}").status_code for name in SCHEMAS]
