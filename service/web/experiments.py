"""`/v1/experiments`: which of several playbooks does better, from the draft to what was decided.

What changes an experiment's life is in force when the answer is given, as `publishing` has it.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from flask import Blueprint, Response

from service.experiment import Experiment
from service.store.documents.document_rows import CannotKeep, Missing
from service.store.documents.documents import Document
from service.store.documents.lives import Life
from service.store.experiments.reports import report_on
from service.store.in_force.snapshot import Key, Made
from service.web.answers import json_answer
from service.web.body import read_json, read_json_bytes
from service.web.choosing import ask, forced_arms
from service.web.documents import changing, documents_of, list_documents
from service.web.exchange import current_exchange
from service.web.fields import read_fields
from service.web.life import add_life, named
from service.web.problems import InvalidBody
from service.web.publishing import look_at_once, note_sent
from service.web.queries import moment, read_query, whole_number
from service.web.repeating import once
from service.web.requests import Mistake
from service.web.state import current_state
from service.web.strict_json import parse_json
from service.web.validation import text_answer, validate

blueprint = Blueprint("experiments", __name__)
add_life(blueprint, "experiment")

_PHASE = whole_number(1, 999_999_999)


@blueprint.get("/v1/experiments")
def list_experiments() -> Response:
    """Every experiment of which a version was published, and those that are but a draft."""
    found = {life.name: life for life in current_state().store.experiments.all()}

    def in_short(key: Key, made: Made, document: Document) -> Mapping[str, object] | None:
        life = found.get(key.name)
        if not isinstance(made, Experiment) or key.number != _version_shown(document, life):
            return None
        return _in_short(made, document, life)

    return list_documents("experiment", in_short)


@blueprint.get("/v1/experiments/<name>")
@named
def get_experiment(name: str) -> Response:
    """One experiment: as JSON, or its text where the caller would rather have YAML."""
    store = current_state().store
    document, life = _demand(name), store.experiments.get(name)
    version = _version_shown(document, life)
    if version is None:
        raise Missing(f"nothing of the experiment `{name}` was published yet")
    text = store.documents.text("experiment", name, version)
    return text_answer(text, lambda: {**_standing(document, life), "text": text})


@blueprint.post("/v1/experiments/validate")
def validate_experiment() -> Response:
    """Everything wrong with an experiment's text."""
    return validate("experiment")


# ---- what changes its life ----------------------------------------------------------


@blueprint.post("/v1/experiments/<name>/start")
@named
@once
def start(name: str) -> Response:
    """Put the published version into effect, the first time or while it runs."""
    note = note_sent()
    return _changed(name, "/note", partial(current_state().store.experiments.start, name), note)


@blueprint.post("/v1/experiments/<name>/stop")
@named
@once
def stop(name: str) -> Response:
    """Take nobody in any more; whoever is in keeps their arm."""
    note = note_sent()
    return _changed(name, "/note", partial(current_state().store.experiments.stop, name), note)


@blueprint.post("/v1/experiments/<name>/arms/<arm>/stop")
@named
@once
def stop_arm(name: str, arm: str) -> Response:
    """Give an arm to nobody new."""
    why = read_fields(read_json_bytes(current_exchange()), ["why"])["why"]
    stopping = partial(current_state().store.experiments.stop_arm, name, arm)
    return _changed(name, "/why", stopping, why)


@blueprint.post("/v1/experiments/<name>/decide")
@named
@once
def decide(name: str) -> Response:
    """End it: an arm is shipped, or none is."""
    body = read_json_bytes(current_exchange())
    why = read_fields(body, ["why"], ["ship"])["why"]
    # An empty text is an arm that there is not: what is decided stands, so nobody may slip.
    sent: Any = parse_json(body)
    deciding = partial(current_state().store.experiments.decide, name, sent.get("ship"))
    return _changed(name, "/why", deciding, why)


def _changed(
    name: str, path: str, change: Callable[[str, str, datetime], Life], words: str
) -> Response:
    """The standing after a change, which is made by the caller, for the reason at a path."""
    try:
        life = change(current_exchange().actor, words, current_state().clock())
    except CannotKeep as error:
        raise InvalidBody(Mistake(path, str(error))) from error
    look_at_once()
    return json_answer(_standing(_demand(name), life))


# ---- what comes of it ---------------------------------------------------------------


@blueprint.get("/v1/experiments/<name>/report")
@named
def report(name: str) -> Response:
    """The reading of a phase at a moment: the last, and now, where nothing else is asked for."""
    state = current_state()
    asked, now = read_query({"phase": _PHASE, "as_of": moment}), state.clock()
    as_of: datetime = asked.get("as_of", now)
    if as_of > now:
        raise InvalidBody(Mistake("?as_of", "must not lie ahead: nobody knows the counts"))
    document, life = _demand(name), state.store.experiments.get(name)
    if life is None:
        raise Missing(f"`{document.name}` was never started, so there is nothing to report")
    store, phase = state.store, asked.get("phase")
    return json_answer(report_on(store.database, store.in_force, life, phase, as_of).to_json())


@blueprint.post("/v1/experiments/<name>/assignment")
@named
def assignment(name: str) -> Response:
    """What it says of the unit that a decision request is about; nobody is taken in."""
    state = current_state()
    body: Any = read_json(current_exchange())
    if mistakes := state.mistakes_in.request(body):
        raise InvalidBody(*mistakes)
    present = state.now()
    found = ask(state, present, body, forced_arms(present, body))
    said = next((each for each in found if each.experiment == name), None)
    if said is None:
        raise Missing(f"`{_demand(name).name}` was never started, or is archived")
    return json_answer(
        {
            "experiment": name,
            "phase": said.phase,
            "arm": said.arm.name if said.arm else None,
            "unit": said.unit.type,
            "reason": said.reason,
            "bucket": said.bucket,
            "unknown_facts": list(said.unknown),
        }
    )


# ---- as JSON ------------------------------------------------------------------------


def _demand(name: str) -> Document:
    document = documents_of("experiment").get(name)
    if document is None:
        raise Missing(f"there is no experiment `{name}`")
    return document


def _version_shown(document: Document, life: Life | None) -> int | None:
    """The version in effect, or before the start the one that would be."""
    return life.version if life else document.active


def _standing(document: Document, life: Life | None) -> Mapping[str, object]:
    """How far an experiment has come. Raises Missing: this release cannot load it."""
    version = _version_shown(document, life) or 0
    experiment = current_state().store.in_force.experiment(document.name, version)
    return _in_short(experiment, document, life)


def _in_short(experiment: Experiment, document: Document, life: Life | None) -> dict[str, object]:
    return {
        "name": experiment.name,
        "title": experiment.title,
        "hypothesis": experiment.hypothesis,
        "state": life.state if life else "draft",
        "version": life.version if life else None,
        "active": document.active,
        **changing(document),
        "archived_at": document.archived_at,
        "phase": len(life.phases) if life else None,
        "arms": _arms(experiment, life),
        "started_at": life.started_at if life else None,
        "stopped_at": life.stopped_at if life else None,
        "decided": life.decided() if life else None,
    }


def _arms(experiment: Experiment, life: Life | None) -> list[dict[str, object]]:
    stopped = life.phases[-1].stopped if life else {}
    return [
        {
            "name": arm.name,
            "playbook": arm.playbook,
            "version": arm.version,
            "weight": arm.weight,
            "stopped": stopped[arm.name]._asdict() if arm.name in stopped else None,
        }
        for arm in experiment.arms
    ]
