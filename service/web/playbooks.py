"""`/v1/playbooks`: which playbooks there are, what they say, and whether a text is one."""

from collections.abc import Iterator

from flask import Blueprint, Response

from service.playbook.diagnostics import Place
from service.playbook.rules import Playbook
from service.store.in_force.playbooks import Published
from service.web.documents import as_in_force, list_documents, summary
from service.web.life import add_life
from service.web.state import current_state
from service.web.validation import text_answer, validate

blueprint = Blueprint("playbooks", __name__)
add_life(blueprint, "playbook")


@blueprint.get("/v1/playbooks")
def list_playbooks() -> Response:
    """Every playbook in force, and those that are not."""
    return list_documents("playbook", as_in_force, default=current_state().default_playbook)


@blueprint.get("/v1/playbooks/<name>")
def get_playbook(name: str) -> Response:
    """One playbook: as JSON, or its text where the caller would rather have YAML."""
    published = current_state().now().playbook(name)
    return text_answer(published.text, lambda: _whole(published))


@blueprint.post("/v1/playbooks/validate")
def validate_playbook() -> Response:
    """Everything wrong with a playbook's text; where nothing is, how its examples go."""
    return validate("playbook")


def _whole(published: Published) -> dict[str, object]:
    playbook = published.playbook
    return {
        **summary(published),
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
