"""What is said of an experiment, word for word, and when."""

import re
from copy import deepcopy
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from service.experiment.experiment import Guardrail, Primary
from service.experiment.reading import ArmCounts, Harmed, Interval, Look, Tally, judge
from service.experiment.reading.anytime import always_valid
from service.experiment.reading.verdict import Code
from service.playbook.vocabulary import OutcomeWord
from tests.experiment.reading.counted import LIMIT, MARGIN, START, Registered, arm, at_the_end, look


def final(here: int, there: int, *, harm: int = 0, units: int = 1000) -> Look:
    """The final look: conversions of B and of A, and B's opt-outs."""
    control, other = arm("A", units, there), arm("B", units, here, harm={"opted_out": harm})
    return look(at_the_end(control), at_the_end(other), days=120)


CASES = yaml.safe_load(Path(__file__).with_name("verdicts.yaml").read_text(encoding="utf-8"))
EARLY_DAYS = look(arm("A", 60, 11, assigned=120), arm("B", 58, 14, assigned=122))


def read_case(case: dict[str, Any]) -> tuple[Registered, Look]:
    """The plan and the look that a case describes."""
    arms = []
    for name, counted in case["arms"].items():
        units = [counted.pop(key) for key in ("mature", "converted", "assigned")]
        found = replace(arm(name, *units, harm=counted), takes_new="ended" not in case)
        arms.append(at_the_end(found) if "final" in case else found)
    guardrails = tuple(Guardrail(**each) for each in case.get("guardrails", ()))
    return Registered(case["planned"], guardrails), look(*arms, days=case["day"])


@pytest.mark.parametrize("name", CASES)
def test_what_is_said(name: str) -> None:
    """The code, the sentence and what to do; never a chance to win."""
    case = deepcopy(CASES[name])
    found = judge(*read_case(case)).verdict

    assert (found.code, found.text, found.todo) == (case["code"], case["text"], case["todo"])
    assert not re.search("chance|probab|significan|confiden", found.text + found.todo)


def test_each_code_has_a_case() -> None:
    """What can be said is in the file."""
    assert {case["code"] for case in CASES.values()} == set(get_args(Code))


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        ("replied", "B gets more replies: 8 instead of 5 per 100 prospects, "),
        ("positive_reply", "B gets more positive replies: 8 instead of 5 "),
        ("meeting_booked", "B books more meetings: 8 instead of 5 "),
        ("won", "B wins more deals: 8 instead of 5 "),
    ],
)
def test_each_outcome_has_its_words(outcome: OutcomeWord, said: str) -> None:
    """And each kind of unit."""
    primary = Primary(outcome, timedelta(days=30), timedelta(days=3))
    plan = Registered(unit="prospect", primary=primary)

    assert judge(plan, final(80, 50)).verdict.text.startswith(said)


def test_small_rates_have_decimals() -> None:
    """Per hundred, with as many as the smallest number needs."""
    said = judge(Registered(20_000), final(80, 40, units=10_000)).verdict.text

    assert (
        said
        == "B books more meetings: 0.8 instead of 0.4 per 100 accounts, between 0.2 and 0.6 more."
    )


@pytest.mark.parametrize(
    ("days", "converted"), [(13, (25, 65)), (60, (1, 18))], ids=["a week too soon", "19 events"]
)
def test_nobody_is_ahead_too_soon(days: int, converted: tuple[int, int]) -> None:
    """Before two full weeks, and before 20 conversions; the next day it would be said."""
    there, here = converted
    counted = look(arm("A", 500, there), arm("B", 500, here), days=days)

    judged = judge(Registered(), counted)
    assert judged.verdict.code == "collecting"
    assert judged.comparisons[0].so_far is None


def test_the_final_look_waits_for_two_weeks() -> None:
    """Even where the planned size is there before."""
    counted = final(80, 50)

    early = replace(counted, as_of=START + timedelta(days=13))
    assert judge(Registered(), early).verdict.code == "collecting"


def test_the_final_look_is_at_the_planned_size_only() -> None:
    """What has come in since changes nothing in it."""
    counted = final(80, 50)
    later = replace(counted, arms=tuple(_with_more(each) for each in counted.arms))

    assert judge(Registered(), later).verdict == judge(Registered(), counted).verdict


def _with_more(counts: ArmCounts) -> ArmCounts:
    funnel = counts.funnel._replace(assigned=1500, exposed=1500, diverged=1500, mature=1500)
    return replace(counts, funnel=funnel, converted=80)


def test_after_the_final_look_nobody_is_ahead_any_more() -> None:
    """What comes in later is not tried once more; what was told before still stands."""
    counted = final(60, 50)
    later = [replace(each, funnel=each.funnel._replace(mature=3000)) for each in counted.arms]
    later[1] = replace(later[1], converted=400)
    judged = judge(Registered(), look(*later, days=200))
    code = "no_meaningful_difference"
    assert (judged.verdict.code, judged.comparisons[0].so_far) == (code, None)

    told = replace(later[1], told=Interval(0.01, 0.04))
    assert judge(Registered(), look(later[0], told, days=200)).verdict.code == "early_winner"


def test_one_unit_short_is_no_final_look() -> None:
    """The size is the one that was planned."""
    judged = judge(Registered(2001), final(80, 50))

    assert judged.comparisons[0].final is None


def test_what_was_told_stands() -> None:
    """Later looks narrow it; they never take it back."""
    first = judge(Registered(), look(arm("A", 500, 25), arm("B", 500, 65))).comparisons[0]
    assert first.so_far is not None
    later = look(arm("A", 700, 50), replace(arm("B", 700, 75), told=first.so_far), days=80)

    second = judge(Registered(), later)
    assert second.comparisons[0].now is not None
    assert not second.comparisons[0].now.interval.excludes_zero()
    assert second.comparisons[0].so_far.low >= first.so_far.low  # type: ignore[union-attr]
    assert second.comparisons[0].so_far.high <= first.so_far.high  # type: ignore[union-attr]
    assert second.verdict.code == "early_winner"


def test_where_looks_contradict_each_other_the_first_stands() -> None:
    """The truth seldom does that to them."""
    told = Interval(0.3, 0.4)
    counted = look(arm("A", 700, 50), replace(arm("B", 700, 75), told=told))

    assert judge(Registered(), counted).comparisons[0].so_far == told


def test_of_several_arms_the_best_one_speaks() -> None:
    """Both win; C by more."""
    arms = [arm(name, 1000, won, share=1 / 3) for name, won in (("A", 50), ("B", 85), ("C", 105))]
    judged = judge(Registered(3000), look(*map(at_the_end, arms), days=120))

    assert [each.verdict.code for each in judged.comparisons] == ["winner", "winner"]
    assert judged.verdict.text.startswith("C books more meetings: 10")


def test_more_arms_are_held_to_more() -> None:
    """With p = 0.036 one arm wins; two that do so well are corrected, and do not."""
    alone, other = arm("B", 1000, 72), arm("C", 1000, 71)
    two = look(*map(at_the_end, (arm("A", 1000, 49), alone)), days=120)
    three = [replace(each, share=1 / 3) for each in (arm("A", 1000, 49), alone, other)]

    assert judge(Registered(), two).verdict.code == "winner"
    judged = judge(Registered(3000), look(*map(at_the_end, three), days=120))
    assert {each.verdict.code for each in judged.comparisons} == {"inconclusive"}


def test_looks_at_any_time_share_one_chance_of_error() -> None:
    """Each of two comparisons has half of 1 %, and is tuned to its own two thirds of the size."""
    arms = [arm(name, 500, won, share=1 / 3) for name, won in (("A", 25), ("B", 45), ("C", 30))]
    found = judge(Registered(3000), look(*arms)).comparisons[0].now
    expected = always_valid(Tally(500, 25), Tally(500, 45), alpha=0.01 / 2, planned=2000)

    assert found is not None
    assert expected is not None
    assert found.interval.low == pytest.approx(expected.interval.low)


def test_harm_comes_before_winning() -> None:
    """More meetings are no excuse."""
    counted = final(80, 50, harm=30)

    assert judge(Registered(guardrails=(MARGIN,)), counted).verdict.code == "stopped_for_harm"


def test_an_arm_that_is_paused_does_not_end_the_others() -> None:
    """B goes on."""
    arms = [arm(name, 300, 15, share=1 / 3) for name in "ABC"]
    arms[2] = replace(arms[2], guardrails={"complained": Harmed(9, 9)})
    judged = judge(Registered(3000, (LIMIT,)), look(*arms))

    assert judged.verdict.code == "collecting"
    assert judged.pause == ("C",)


@pytest.mark.parametrize(
    ("counted", "day"),
    [
        # 242 in 60 days: 400 in 99.2 days, and 33 days to wait.
        (EARLY_DAYS, date(2027, 5, 16)),
        (replace(EARLY_DAYS, filled_at=START + timedelta(days=50)), date(2027, 3, 28)),
        # Nobody has joined, so nobody knows.
        (look(arm("A", 0, 0), arm("B", 0, 0), days=1), None),
    ],
    ids=["at this pace", "full", "empty"],
)
def test_the_day_of_the_answer(counted: Look, day: date | None) -> None:
    """From the pace so far, or from when the planned size was reached."""
    assert judge(Registered(400), counted).verdict.earliest == day


def test_no_answer_is_promised_before_two_weeks() -> None:
    """Although all had joined on the second day, and are waited for three."""
    primary = Primary("replied", timedelta(days=3), timedelta(days=0))
    filled = replace(look(arm("A", 0, 0, 50), arm("B", 0, 0, 50), days=2), filled_at=START)

    verdict = judge(Registered(100, primary=primary), filled).verdict
    assert verdict.earliest == (START + timedelta(days=14)).date()


def test_the_final_look_at_nothing_is_plain() -> None:
    """Nobody converted anywhere."""
    said = judge(Registered(), final(0, 0)).verdict

    assert said.code == "no_meaningful_difference"
