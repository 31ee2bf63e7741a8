"""`/v1/outcomes`: what became of prospects, told one at a time or many."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, cast

from flask import Blueprint, Response

from service.playbook.values import TYPE_WORDS, read_instant
from service.playbook.vocabulary import OUTCOMES
from service.store.ledger.outcome_rows import Outcome, UnfitText, check_text
from service.store.ledger.outcomes import WantedOutcomes
from service.store.ledger.pages import USUAL
from service.web.answers import json_answer
from service.web.body import read_json
from service.web.exchange import current_exchange
from service.web.problems import InvalidBody
from service.web.queries import PAGES, an_id, one_of, read_query
from service.web.repeating import once
from service.web.requests import MAX_MISTAKES, Mistake
from service.web.state import current_state

blueprint = Blueprint("outcomes", __name__)

#: So far ahead of our clock a moment may be: clocks differ, and zones are mistaken.
_AHEAD = timedelta(days=1)
_TEXTS = ("prospect_id", "decision_id", "account_id")
_FILTERS = {"prospect_id": an_id(200), "outcome": one_of(OUTCOMES), **PAGES}


@blueprint.post("/v1/outcomes")
@once
def record_outcomes() -> Response:
    """Keep what the body tells of, and say what of it is new."""
    state = current_state()
    now = state.clock()
    body = read_json(current_exchange())
    told = _told(body)
    mistakes = [*state.mistakes_in.outcomes(body)]
    mistakes += [found for path, one in told.items() for found in _mistakes(path, one, now)]
    if mistakes:
        raise InvalidBody(*list(dict.fromkeys(mistakes))[:MAX_MISTAKES])
    new = state.store.outcomes.record([_outcome(one) for one in told.values()], now)
    return json_answer(
        {
            "recorded": sum(new),
            "known": len(new) - sum(new),
            "outcomes": [{"new": is_new} for is_new in new],
        }
    )


@blueprint.get("/v1/outcomes")
def list_outcomes() -> Response:
    """A page of outcomes, those recorded last first."""
    asked = read_query(_FILTERS)
    cursor, limit = asked.pop("cursor", None), asked.pop("limit", USUAL)
    page = current_state().store.outcomes.page(WantedOutcomes(**asked), cursor, limit)
    return json_answer({"outcomes": [asdict(kept) for kept in page.items], "next": page.next})


def _told(body: object) -> dict[str, Mapping[str, Any]]:
    """The outcomes of a body by their place in it, as far as they are objects."""
    if not isinstance(body, dict):
        return {}
    listed = body.get("outcomes")
    if not isinstance(listed, list):
        return {} if "outcomes" in body else {"": body}
    found = {f"/outcomes/{number}": one for number, one in enumerate(listed)}
    return {path: one for path, one in found.items() if isinstance(one, dict)}


def _mistakes(path: str, one: Mapping[str, Any], now: datetime) -> Iterator[Mistake]:
    """What the schema does not see."""
    for name in _TEXTS:
        if isinstance(text := one.get(name), str):
            try:
                check_text(name, text)
            except UnfitText as unfit:
                yield Mistake(f"{path}/{name}", str(unfit))
    if not isinstance(text := one.get("at"), str):
        return
    at = read_instant(text)
    if at is None:
        yield Mistake(f"{path}/at", f"must be {TYPE_WORDS['instant']}, with an offset")
    elif at > now + _AHEAD:
        yield Mistake(f"{path}/at", "is more than a day ahead of the service's clock")


def _outcome(one: Mapping[str, Any]) -> Outcome:
    at = cast("datetime", read_instant(one["at"]))  # it was read before
    return Outcome(
        one["prospect_id"], one["outcome"], at, one.get("decision_id"), one.get("account_id")
    )
