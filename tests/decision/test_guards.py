"""The guards about when, held against an oracle that looks at one minute after the other.

`make test` draws some hundred contacts, `make fuzz-guards N=20000` as many as that.
"""

import os
import re
from collections.abc import Iterable
from datetime import datetime, timedelta

from hypothesis import Phase, given, settings

from service.decision.calendar import Calendar
from service.decision.candidates import Candidate, plain_step
from service.decision.guards import Judged, Verdict, judge, make_guards, opted_out
from service.decision.history import History, Touch
from service.decision.prospect import Request
from service.playbook.diagnostics import START
from service.playbook.rules import ALWAYS, Play, Step
from service.policy.policy import Policy, Seller
from tests.oracle import minutes
from tests.oracle.guard_draws import cases
from tests.oracle.minutes import HUMAN, NOBODY, RINGING, Case, Contact, Found

CASES = int(os.environ.get("GUARD_CASES", "90"))
MINUTE, QUARTER = timedelta(minutes=1), timedelta(minutes=15)
STANDING = ("opt-out", "channel-opt-out", "do-not-call", "bounced", "time-zone")
NAMES = re.compile(r"`([^`]+)`")


# ---- a case, as the product has it --------------------------------------------------


def step_of(channel: str, action: str) -> Step:
    """A step that is nothing but a contact."""
    step = plain_step(action, "It is drawn.")
    return Step(action, channel, *[getattr(step, name) for name in step.__match_args__[2:]])


def touches(contacts: Iterable[Contact]) -> list[Touch]:
    """What we did. A step of the sequence is called after its minute, so that none is another."""
    return [
        Touch(contact.at, "outbound", contact.channel, action_of(contact), outcome=contact.outcome)
        for contact in contacts
    ]


def action_of(contact: Contact) -> str:
    """What a contact was for."""
    return f"step-{contact.at.isoformat()}" if contact.in_sequence else "check_in"


def candidate_of(case: Case) -> Candidate:
    """The next step of the sequence whose steps are in the history."""
    human = [at for at, outcome in case.replies if outcome in HUMAN]
    human += [c.at for c in case.contacts if c.outcome in HUMAN and not c.is_other]
    last = max(human, default=datetime.min.replace(tzinfo=case.as_of.tzinfo))
    done = [
        step_of(contact.channel, action_of(contact))
        for contact in sorted(case.contacts, key=lambda contact: contact.at)
        if contact.in_sequence and contact.at > last and contact.outcome not in NOBODY
    ]
    step = step_of(case.channel, "follow_up")
    play = Play("drawn", ALWAYS, (*done, step), True, False, False, "stop", 0, "Drawn.", START)
    return Candidate(step, play=play)


def request_of(case: Case) -> Request:
    """What is known."""
    came = [Touch(at, "inbound", "email", outcome=outcome) for at, outcome in case.replies]
    own = touches(contact for contact in case.contacts if not contact.is_other)
    others = touches(contact for contact in case.contacts if contact.is_other)
    return Request(
        prospect_id="p",
        given={} if case.back is None else {"out_of_office_until": case.back},
        history=History([*own, *came], case.as_of),
        account=History(others, case.as_of).reached,
        as_of=case.as_of,
        calendar=Calendar(case.zone, case.country, None),
        clocks=tuple(Calendar(zone, case.country, None) for zone in case.zones),
        place_known=True,
        warnings=(),
    )


def judged(case: Case) -> Judged:
    """What the product says."""
    policy = Policy("drawn", "Drawn", "", Seller(case.seller or ""), case.rows, "")
    request = request_of(case)
    exit_ = opted_out(request)
    candidate = candidate_of(case)
    return judge(make_guards(policy), exit_, candidate, case.window, case.start, request)


# ---- held against the oracle --------------------------------------------------------


@settings(max_examples=CASES)
@given(cases(QUARTER))
def test_a_contact_is_due_at_the_first_minute_that_all_allow(case: Case) -> None:
    """Looked at every quarter of an hour, which is when clocks, hours and contacts here turn."""
    check(case)


@settings(max_examples=CASES // 30, phases=[Phase.generate])
@given(cases(MINUTE))
def test_a_contact_is_due_to_the_minute(case: Case) -> None:
    """The same, looked at every minute."""
    check(case)


def check(case: Case) -> None:
    """The first minute of all, that of each guard alone, and when it is over."""
    said = judged(case)
    found = minutes.find(case)
    if found.due is None and len(case.zones) > 1:
        case, found = minutes.by_utc(case), minutes.find(minutes.by_utc(case))
        if found.due is not None and case.channel in RINGING:
            assert said.due is None
            assert said.verdict == said.verdicts[STANDING.index("time-zone")]
            assert said.verdict.facts == ("time_zone",)
            return
    assert (said.due and said.due.start) == found.due
    if found.due is None:
        check_barred(case, said, found)
    else:
        check_verdicts(said.verdicts, found)
        check_end(case, said, found.due)


def check_verdicts(verdicts: Iterable[Verdict], found: Found) -> None:
    """Each guard says when it would let the contact through, were it alone."""
    when = {each.guard: each for each in verdicts if each.guard not in STANDING}
    assert {*when} == {*found.own}
    for name, opens in found.own.items():
        verdict = when[name]
        if opens is None:
            assert (verdict.ruling, verdict.until) == ("BAR", None)
        elif opens == found.planned:
            assert (verdict.ruling, verdict.until) == ("ALLOW", None)
        else:
            assert (verdict.ruling, verdict.until) == ("HOLD_UNTIL", opens)


def check_end(case: Case, said: Judged, due: datetime) -> None:
    """Nothing closes before the end, and at the end something does, or some hours are over."""
    closing = minutes.first_closing(case, due)
    end = said.due.end if said.due else None
    if end is None:
        assert closing is None
        return
    assert end > due
    assert closing is None or end <= closing
    if end < due + minutes.WEEK:
        assert end == closing or minutes.is_end_of_hours(end, case)


def check_barred(case: Case, said: Judged, found: Found) -> None:
    """Those that are named are never open together, and without any one of them they are."""
    told = [each for each in said.verdicts if "never open together" in each.because]
    check_verdicts(
        [each for each in said.verdicts if each not in told],
        Found(
            found.planned,
            {n: at for n, at in found.own.items() if n not in {v.guard for v in told}},
            None,
        ),
    )
    if found.planned is None or not told:
        assert found.planned is None or None in found.own.values()
        return
    guards = {**minutes.guards_of(case), case.window.name: minutes.window(case)}
    named = NAMES.findall(told[0].because)
    assert {each.guard for each in told} == {*named} - {case.window.name}
    assert all(each.ruling == "BAR" for each in told)
    assert len(named) >= 2
    for left_out in (None, *named):
        some = [guards[name] for name in named if name != left_out]
        opens = minutes.first(found.planned, some, case.step)
        assert (opens is None) == (left_out is None)
