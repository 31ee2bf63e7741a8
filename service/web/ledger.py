"""`/v1/decisions`: what was decided, and whether it would be decided so again."""

import json
import re
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response

from service.decision import InvalidRequest, decide, read_request
from service.store.documents.document_rows import Missing
from service.store.ledger.ledger import Entry, Kept, Wanted
from service.store.ledger.pages import USUAL
from service.store.ledger.replay import CannotReplay, Decider, replay
from service.web.answers import json_answer
from service.web.queries import PAGES, an_id, read_query, short_text
from service.web.state import UnknownAddress, current_state

blueprint = Blueprint("ledger", __name__)

_DECISION_ID = re.compile(r"[0-9a-f-]{36}")
_FILTERS = {
    "prospect_id": an_id(200),
    "account_id": an_id(500),
    "playbook": short_text(64),
    **PAGES,
}


@blueprint.get("/v1/decisions")
def list_decisions() -> Response:
    """A page of decisions, the newest first."""
    asked = read_query(_FILTERS)
    cursor, limit = asked.pop("cursor", None), asked.pop("limit", USUAL)
    page = current_state().store.ledger.page(Wanted(**asked), cursor, limit)
    shown = [_in_short(entry) for entry in page.items]
    return json_answer({"decisions": shown, "next": page.next})


@blueprint.get("/v1/decisions/<decision_id>")
def get_decision(decision_id: str) -> Response:
    """One decision with what was asked and answered."""
    kept = _kept(decision_id)
    texts = {"request": kept.request, "answer": kept.answer}
    whole = {name: None if text is None else json.loads(text) for name, text in texts.items()}
    return json_answer({**_in_short(kept), **whole})


@blueprint.post("/v1/decisions/<decision_id>/replay")
def replay_decision(decision_id: str) -> Response:
    """The answer of today to what was asked then, and where it is another."""
    kept = _kept(decision_id)
    again = replay(kept, _decider(kept))
    differences = [difference._asdict() for difference in again.differences]
    return json_answer({"same": again.same, "differences": differences, "answer": again.answer})


def _kept(decision_id: str) -> Kept:
    """The decision. Raises UnknownAddress: there is none."""
    found = None
    if _DECISION_ID.fullmatch(decision_id):
        found = current_state().store.ledger.get(decision_id)
    if found is None:
        raise UnknownAddress("there is no decision with this id")
    return found


def _decider(kept: Kept) -> Decider:
    """What decides with the very versions of the decision; it raises CannotReplay."""
    in_force = current_state().store.in_force

    def answered(body: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            published = in_force.playbook(kept.playbook, kept.version)
            guards = in_force.policy(kept.policy, kept.policy_version).guards
            request = read_request(body, published.ready, kept.as_of)
        except Missing as missing:
            raise CannotReplay(str(missing)) from missing
        except InvalidRequest as invalid:
            why = "what was asked then is no valid request for this release"
            raise CannotReplay(why) from invalid
        return decide(published.ready, guards, request).to_json(published.version)

    return answered


def _in_short(entry: Entry) -> dict[str, object]:
    return {
        "decision_id": entry.id,
        "recorded_at": entry.recorded_at,
        "as_of": entry.as_of,
        "prospect_id": entry.prospect_id,
        "account_id": entry.account_id,
        "playbook": _version(entry.playbook, entry.version, entry.digest),
        "policy": _version(entry.policy, entry.policy_version, entry.policy_digest),
        "experiment": _experiment(entry),
        "action": entry.action,
        "channel": entry.channel,
        "reason": entry.reason,
        "rule": entry.rule or None,
        "microseconds": entry.microseconds,
        "removed": entry.is_removed,
    }


def _experiment(entry: Entry) -> dict[str, object] | None:
    if entry.experiment is None:
        return None
    return {
        "name": entry.experiment,
        "phase": entry.phase,
        "arm": entry.arm,
        "reason": entry.arm_reason,
        "diverged": entry.diverged,
    }


def _version(name: str, number: int, digest: str) -> dict[str, object]:
    return {"name": name, "version": number, "digest": digest}
