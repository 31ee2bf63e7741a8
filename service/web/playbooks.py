"""`/v1/playbooks`: which playbooks there are, what they say, and whether a text is one."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict

from flask import Blueprint, Response

from service.decision import make_ready
from service.decision.examples import ExampleResult, run_examples
from service.decision.fit import fitted
from service.playbook import load
from service.playbook.diagnostics import Diagnostic, Place
from service.playbook.rules import Playbook
from service.store.library import Published
from service.web.answers import json_answer
from service.web.body import JSON, read_bytes, require_media_type
from service.web.contract import YAML
from service.web.exchange import current_exchange
from service.web.problems import InvalidBody
from service.web.requests import MAX_MISTAKES, Mistake
from service.web.state import current_state
from service.web.strict_json import parse_json, pointer

blueprint = Blueprint("playbooks", __name__)

_TEXTS = (YAML, "application/x-yaml", "text/yaml", "text/x-yaml", "text/plain")


@blueprint.get("/v1/playbooks")
def list_playbooks() -> Response:
    """Every playbook in force, and those that this version cannot load."""
    present = current_state().now()
    return json_answer(
        {
            "default": present.default_playbook,
            "playbooks": [_summary(published) for published in present.library.all()],
            "unusable": [
                {"playbook": name, "diagnostics": _as_json(diagnostics)}
                for name, diagnostics in present.library.problems.items()
            ],
        }
    )


@blueprint.get("/v1/playbooks/<name>")
def get_playbook(name: str) -> Response:
    """One playbook: as JSON, or its text where the caller would rather have YAML."""
    published = current_state().now().playbook(name)
    if current_exchange().accept_mimetypes.best_match((JSON, *_TEXTS), JSON) == JSON:
        response = json_answer(_whole(published))
    else:
        response = Response(published.text, content_type=YAML)
    response.vary.add("Accept")
    return response


@blueprint.post("/v1/playbooks/validate")
def validate_playbook() -> Response:
    """Everything wrong with a playbook's text; where nothing is, how its examples go."""
    return json_answer(_verdict(_text()))


def _text() -> str | bytes:
    """The text in the body: the body itself, or the field `text` of a JSON object."""
    exchange = current_exchange()
    if require_media_type(exchange, (*_TEXTS, JSON)) != JSON:
        return read_bytes(exchange)
    body = parse_json(read_bytes(exchange))
    if not isinstance(body, dict):
        raise InvalidBody(Mistake("", "must be an object"))
    if "text" not in body:
        raise InvalidBody(Mistake("/text", "is missing"))
    if others := sorted(set(body) - {"text"}):
        message = "is not a field here; there is `text`"
        raise InvalidBody(*(Mistake(pointer([name]), message) for name in others[:MAX_MISTAKES]))
    if not isinstance(text := body["text"], str):
        raise InvalidBody(Mistake("/text", "must be a text"))
    return text


def _verdict(text: str | bytes) -> dict[str, object]:
    guards = current_state().now().guards
    loaded = fitted(load(text), guards.policy)
    verdict: dict[str, object] = {
        "valid": loaded.ruleset is not None,
        "playbook": None,
        "digest": None,
        "diagnostics": _as_json(loaded.diagnostics),
        "examples": [],
        "unreached": [],
    }
    if loaded.ruleset is not None and loaded.playbook is not None:
        report = run_examples(make_ready(loaded.ruleset), guards, loaded.playbook.examples)
        verdict["playbook"] = loaded.playbook.name
        verdict["digest"] = loaded.ruleset.digest
        verdict["examples"] = [_example(result) for result in report.results]
        verdict["unreached"] = list(report.unreached)
    return verdict


def _example(result: ExampleResult) -> dict[str, object]:
    return {
        "example": result.example,
        "passed": result.passed,
        "checks": [asdict(check) for check in result.checks],
        "problems": list(result.problems),
    }


def _as_json(diagnostics: Iterable[Diagnostic]) -> list[dict[str, object]]:
    return [diagnostic.to_json() for diagnostic in diagnostics]


def _summary(published: Published) -> dict[str, object]:
    return {
        "name": published.name,
        "title": published.title,
        "about": published.about,
        "version": published.version,
        "digest": published.digest,
    }


def _whole(published: Published) -> dict[str, object]:
    playbook = published.playbook
    return {
        **_summary(published),
        "text": published.text,
        "parameters": [
            {
                "name": parameter.name,
                "value": parameter.value,
                "unit": parameter.unit,
                "title": parameter.title,
            }
            for parameter in playbook.parameters.values()
        ],
        "templates": sorted(playbook.templates),
        "rules": list(_rules(playbook)),
    }


def _rules(playbook: Playbook) -> Iterator[dict[str, object]]:
    for conclusion in playbook.conclusions:
        yield _rule(conclusion.name, "conclude", conclusion.place, conclusion.because)
    for table in playbook.tables:
        yield _rule(table.name, "table", table.place, table.because)
    for play in playbook.plays:
        kind = "exit" if play.is_exit else "sequence" if play.is_sequence else "play"
        yield _rule(play.name, kind, play.place, play.because)
    if otherwise := playbook.otherwise:
        yield _rule("otherwise", "otherwise", otherwise.place, otherwise.because)


def _rule(name: str, kind: str, place: Place, because: str) -> dict[str, object]:
    return {"name": name, "kind": kind, "line": place.line, "because": because}
