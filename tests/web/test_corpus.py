"""The HTTP door, case by case: the files in tests/corpus/requests/ say what holds."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator

CORPUS = Path(__file__).parents[1] / "corpus" / "requests"
BAD = sorted((CORPUS / "bad").glob("*.json"))
GOOD = sorted((CORPUS / "good").glob("*.json"))


def test_corpus_is_not_empty() -> None:
    """Both folders hold cases."""
    assert (len(BAD) >= 80, len(GOOD) >= 10) == (True, True)


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_bad_request_is_refused(
    path: Path, client: FlaskClient, problem_schema: Draft202012Validator
) -> None:
    """A request that cannot be answered gets the problem in its file, and no 500."""
    case = json.loads(path.read_text("utf-8"))

    response = client.open(
        case.get("path", "/v1/next-action"),
        method=case.get("method", "POST"),
        data=body_of(case),
        headers={"Content-Type": "application/json", **case.get("headers", {})},
    )
    problem = response.get_json(force=True)

    problem_schema.validate(problem)
    assert response.content_type == "application/problem+json"
    assert (case["status"], case["status"]) == (response.status_code, problem["status"])
    assert case["detail"] == problem["detail"]
    assert case["errors"] == problem["errors"]


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_good_request_is_answered(path: Path, client: FlaskClient) -> None:
    """A request that can be answered gets at least what its file says."""
    case = json.loads(path.read_text("utf-8"))

    response = client.post(
        "/v1/next-action",
        data=body_of(case),
        headers={"Content-Type": "application/json", **case.get("headers", {})},
    )
    answer = response.get_json()

    assert response.status_code == 200, answer
    assert case["answer"] == {name: answer[name] for name in case["answer"]}


def body_of(case: dict[str, Any]) -> bytes:
    """The bytes to send: `json`, `text`, `base64`, or pieces that are `repeat`ed."""
    match case:
        case {"json": value}:
            return json.dumps(value).encode()
        case {"text": str(text)}:
            return text.encode()
        case {"base64": str(text)}:
            return base64.b64decode(text)
        case {"repeat": pieces}:
            return "".join(piece * times for piece, times in pieces).encode()
        case _:
            return b""
