"""Time passes: an answer changes only at the moments that are found beforehand."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.decision import Ready, decide, make_ready
from service.decision.calendar import calendar_for
from service.decision.changes import next_change
from service.decision.history import History, Touch
from service.decision.prospect import Request
from service.playbook import load
from service.shipped import shipped
from tests.policies import UNGUARDED

AS_OF = datetime(2026, 11, 18, 16, tzinfo=UTC)
ZONE = "America/Chicago"
FILES = sorted(shipped("playbooks").glob("*.yaml"))
ACTIONS = ("follow_up", "add_value", "reopen", "ask_still_contact", "break_up", "thank_you")

touches = st.builds(
    Touch,
    at=st.integers(0, 600 * 24 * 60).map(lambda minutes: AS_OF - timedelta(minutes=minutes)),
    direction=st.just("outbound"),
    channel=st.sampled_from(["email", "phone", "voicemail"]),
    action=st.sampled_from(ACTIONS),
    outcome=st.sampled_from(["sent", "sent", "sent", "spoke", "bounced"]),
)
facts = st.fixed_dictionaries(
    {},
    optional={
        "rapport": st.sampled_from(["none", "some", "strong"]),
        "seniority": st.sampled_from(["individual", "vp"]),
        "urgency": st.sampled_from(["normal", "critical"]),
        "deal_stage": st.sampled_from(["discovery", "proposal"]),
        "existing_client": st.booleans(),
        "sweet_spot": st.booleans(),
        "revisit_on": st.integers(-20, 20).map(lambda n: (AS_OF + timedelta(days=n)).date()),
        "next_meeting_at": st.integers(-500, 500).map(lambda n: AS_OF + timedelta(hours=n)),
    },
)


def asked_at(moment: datetime, known: dict[str, object], found: list[Touch]) -> Request:
    """The same prospect, asked about at another moment."""
    calendar, _ = calendar_for(ZONE, None, None)
    return Request(
        prospect_id="p",
        given=known,
        history=History(found, moment),
        account=(),
        as_of=moment,
        calendar=calendar,
        clocks=(calendar,),
        place_known=True,
        warnings=(),
    )


def answer(ready: Ready, request: Request) -> tuple[object, ...]:
    """What a decision says, but for its time."""
    decision = decide(ready, UNGUARDED, request)
    conclusions = {name: decision.facts.get(name) for name in ready.makers}
    return (decision.action, decision.channel, decision.rule, decision.step, conclusions)


LOADED = {path.stem: load(path.read_text()) for path in FILES}
READY = {name: make_ready(found.ruleset) for name, found in LOADED.items() if found.ruleset}


def test_there_are_playbooks() -> None:
    """Without playbooks nothing would be tried."""
    assert LOADED
    assert LOADED.keys() == READY.keys()


@pytest.mark.parametrize("name", READY)
@given(known=facts, found=st.lists(touches, max_size=8), part=st.floats(0, 1))
@settings(max_examples=40)
def test_nothing_changes_before_the_next_change(
    name: str, known: dict[str, object], found: list[Touch], part: float
) -> None:
    """Between the question and the next change, or for a year, the answer stays the same."""
    ready = READY[name]
    request = asked_at(AS_OF, known, found)
    for_good = AS_OF + timedelta(days=365)
    facts_now = dict(decide(ready, UNGUARDED, request).facts)
    change = next_change(ready.clockwork, facts_now, request.history, request.calendar)
    until = change or for_good
    # A part next to 1 is rounded to the microsecond of the change itself.
    later = min(AS_OF + (until - AS_OF) * part, until - timedelta.resolution)

    assert answer(ready, request) == answer(ready, asked_at(later, known, found))
