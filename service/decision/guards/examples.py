"""The cases inside a contact policy or a pack of laws: what it says of each, and what it should.

Each is a contact that somebody wants to make at once. No playbook has a say in it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from service.decision.candidates import Candidate, plain_step
from service.decision.examples import (
    Check,
    ExampleResult,
    ExamplesReport,
    check_moment,
    read_example,
)
from service.decision.guards.binding import Guards, make_guards
from service.decision.guards.judge import Judged, judge
from service.decision.guards.standing import opted_out
from service.decision.guards.verdict import Verdict
from service.decision.prospect import Request, Words
from service.decision.timing import said, whole_second
from service.playbook.diagnostics import START
from service.playbook.meaning.windows import BUILT_IN_WINDOWS
from service.playbook.rules import ALWAYS, Play, Step
from service.playbook.vocabulary import STANDARD_FACTS
from service.policy.policy import Policy

_WORDS = Words(STANDARD_FACTS, {}, {})
_ANY_TIME = BUILT_IN_WINDOWS["any_time"]


def run_policy_examples(policy: Policy, examples: Sequence[Mapping[str, Any]]) -> ExamplesReport:
    """Run the examples of a policy, or of a pack of laws (`policy_of_laws`), of the right shape.

    A rule or law is reached by an example that it does not let through. The laws that a
    policy switches on have the examples of their pack; a policy answers for its own rules.
    """
    guards = make_guards(policy)
    reached: set[str] = set()
    results = tuple(
        _run(guards, example, number, reached) for number, example in enumerate(examples)
    )
    own = [row for row in policy.rows if row.law is None] or policy.rows
    return ExamplesReport(results, tuple(row.name for row in own if row.name not in reached))


def _run(
    guards: Guards, example: Mapping[str, Any], number: int, reached: set[str]
) -> ExampleResult:
    title = str(example["example"])
    request, problems = read_example(example, _WORDS)
    if request is None:
        return ExampleResult(title, number, (), None, problems)
    start = whole_second(request.history.as_of)
    judged = judge(
        guards, opted_out(request), _contact(example, request), _ANY_TIME, start, request
    )
    reached.update(verdict.guard for verdict in judged.verdicts if verdict.ruling != "ALLOW")
    expect = example["expect"]
    verdict = _verdict(judged, expect.get("guard"))
    checks = tuple(_checks(expect, judged, verdict, request))
    policy = [verdict.to_json() for verdict in judged.verdicts]
    told = {"because": _because(verdict, expect), "policy": policy}
    return ExampleResult(title, number, checks, told, problems)


def _contact(example: Mapping[str, Any], request: Request) -> Candidate:
    """The contact as a step: one by itself, or the next of a sequence of all since their reply."""
    step = _step("", example["by"])
    before = request.history.attempts if example.get("same_sequence") else ()
    if not before:
        return Candidate(step)
    steps = (*(_step(touch.action, touch.channel) for touch in before), step)
    play = Play(
        name="",
        when=ALWAYS,
        steps=steps,
        is_sequence=True,
        is_exit=False,
        repeat=False,
        then="stop",
        priority=0,
        because="",
        place=START,
    )
    return Candidate(step, play=play)


def _step(action: str, channel: str | None) -> Step:
    return replace(plain_step(action, ""), channel=channel)


def _verdict(judged: Judged, guard: str | None) -> Verdict | None:
    """A guard's own verdict, None where it has none; else the strictest, None where all allow."""
    if guard is None:
        return judged.verdict
    return next((verdict for verdict in judged.verdicts if verdict.guard == guard), None)


def _checks(
    expect: Mapping[str, Any], judged: Judged, verdict: Verdict | None, request: Request
) -> list[Check]:
    """What was expected, of one guard where it is named. Else `until` is when it is allowed."""
    whole = "guard" not in expect
    ruling = verdict.ruling if verdict else ("ALLOW" if whole else None)
    until = verdict.until if verdict else None
    if whole and judged.due is not None:
        until = said(judged.due.start, request.calendar)
    checks = [Check("verdict", expect["verdict"], ruling, expect["verdict"] == ruling)]
    if "until" in expect:
        checks.append(check_moment("until", expect["until"], until, request.calendar))
    return checks


def _because(verdict: Verdict | None, expect: Mapping[str, Any]) -> str:
    if verdict is not None:
        return f"`{verdict.guard}`: {verdict.because}"
    if "guard" in expect:
        return f"`{expect['guard']}` has no say in it."
    return "Nothing stands in the way."
