"""Questions as a CRM asks them: a prospect of whom much is known, and a history of any length.

The history goes back from the moment of the question in rounds of attempts that end with a
reply; the silence at its end is the same whatever its length, so that questions of different
lengths ask for the same kind of answer.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import count, islice, product
from typing import Any

from service.decision import Decision, Ready, decide, read_request
from tests.policies import SHIPPED

Body = dict[str, Any]

AS_OF = datetime.fromisoformat("2026-11-18T10:00:00-06:00")
#: Touches in a history, where nothing else is asked for.
USUAL = 10
_APART = timedelta(hours=36)
_PROSPECT: Body = {
    "id": "c-1",
    "account_id": "a-1",
    "first_name": "Kathy",
    "last_name": "Jones",
    "job_title": "Head of Operations",
    "company": "Acme Freight",
    "owner_name": "Sam Rivers",
    "time_zone": "America/Chicago",
    "country": "US",
    "region": "IL",
    "language": "en",
    "seniority": "director",
    "purchase_type": "considered",
    "urgency": "normal",
    "rapport": "some",
    "existing_client": False,
    "sweet_spot": True,
    "buying_cycle_days": 120,
    "shared_comment": "the night shift finds every fault twice",
    "their_why": "fewer calls at three in the morning",
    "other_contacts": 2,
    "personal_contact_known": False,
    "calls_screened": False,
}
#: The latest touch first; every round back in time is such a one.
_ROUND = (
    ("outbound", "email", "follow_up", "opened"),
    ("outbound", "voicemail", "follow_up", "voicemail_left"),
    ("outbound", "phone", "follow_up", "no_answer"),
    ("outbound", "email", "re_engage", "delivered"),
    ("outbound", "email", "follow_up", "clicked"),
    ("inbound", "email", None, "replied"),
)
_STAGES = ("discovery", "proposal", "new")
_DAYS_OF_SILENCE = (8, 3, 15, 30)


def questions(ready: Ready, sizes: Sequence[int]) -> dict[int, Body]:
    """For each size a question that the playbook answers with a message, all alike.

    Raises:
        LookupError: the playbook answers none of those that are tried so.
    """
    for stage, days in product(_STAGES, _DAYS_OF_SILENCE):
        found = {size: question(size, {"deal_stage": stage}, days) for size in sizes}
        if all(_is_real(answer(ready, body)) for body in found.values()):
            return {size: {"playbook": ready.ruleset.name, **body} for size, body in found.items()}
    raise LookupError(f"{ready.ruleset.name} has no message for any of the questions")


def answer(ready: Ready, body: Body) -> Decision:
    """The playbook's answer to a question."""
    return decide(ready, SHIPPED, read_request(body, ready, AS_OF))


def _is_real(decision: Decision) -> bool:
    return decision.reason == "MATCHED" and None not in (decision.message, decision.timing)


def question(size: int, facts: Mapping[str, object], days: int = _DAYS_OF_SILENCE[0]) -> Body:
    """A question after so many touches and days of silence, with more facts of the prospect."""
    latest = AS_OF - timedelta(days=days)
    return {
        "as_of": AS_OF.isoformat(),
        "prospect": {**_PROSPECT, **facts},
        "history": list(islice(_history(latest), size))[::-1],
    }


def _history(latest: datetime) -> Iterator[Body]:
    for number in count():
        direction, channel, action, outcome = _ROUND[number % len(_ROUND)]
        touch = {
            "id": f"t-{number}",
            "at": (latest - number * _APART).isoformat(),
            "direction": direction,
            "channel": channel,
            "outcome": outcome,
        }
        yield {**touch, "action": action} if action else touch
