"""Who is left without an answer, in the words that a manager reads."""

from dataclasses import replace

from service.playbook.reach.reach import check_reach
from service.playbook.rules import ALWAYS, Condition, Not, Play, Ref
from service.playbook.vocabulary import Fact
from tests.playbook.reach_builder import (
    done,
    is_,
    only,
    play,
    playbook,
    sequence,
)


def gap(*plays: Play) -> str:
    """Who is left without an answer."""
    found = only(playbook(*plays, otherwise=False))
    assert found.code == "no-answer"
    return found.message.removeprefix("no play answers where ")


def test_a_gap_is_shown_in_the_playbooks_own_words() -> None:
    """Words, numbers, dates, instants, texts, lists, counts, comparisons and sequences."""
    instant = "2026-11-20T09:00:00Z"
    cases: list[tuple[Condition, str]] = [
        (Not(is_("attempts", 3, "at_least")), "`attempts` is 3 or more"),
        (is_("attempts", 3, "at_least"), "`attempts` is 2 or less"),
        (Not(is_("attempts", (2, 3), "in")), "`attempts` is from 2 to 3"),
        (is_("today", "2026-11-20", "at_most"), "`today` is 2026-11-21 or later"),
        (is_("now", instant, "at_least"), f"`now` is before {instant}"),
        (is_("ever_replied", True), "`ever_replied` is false"),
        (is_("seniority", True, "known"), "`seniority` is unknown"),
        (is_("seniority", False, "known"), "`seniority` is known"),
        (is_("country", ("US", "CA"), "in"), "`country` is something else"),
        (is_("open_questions", True, "empty"), "`open_questions` is not empty"),
        (is_("open_questions", ("why",), "contains"), "`open_questions` is empty"),
        (done("break_up", 2), "the count of `break_up` is 1 or less"),
        (
            is_("attempts", Ref("touches"), "less_than"),
            "`attempts` is at least `touches`",
        ),
    ]

    assert [gap(play("p", when)) for when, _ in cases] == [words for _, words in cases]


def test_a_sequence_that_has_ended_is_a_gap() -> None:
    """With `then: next` and nothing below."""
    assert gap(sequence("s", ALWAYS)) == "sequence `s` has ended"


def test_an_example_names_four_facts_at_most() -> None:
    """It ends in "and so on" where there are more."""
    facts = ("sweet_spot", "existing_client", "contact_left", "calls_screened", "opted_out")
    plays = [play(f"p{i}", is_(fact, True)) for i, fact in enumerate(facts)]

    expected = [f"`{fact}` is false" for fact in facts[:4]]
    assert gap(*plays) == f"{', '.join(expected)} and so on"


def test_no_plays_at_all_never_answer() -> None:
    """The example would be everybody."""
    assert only(playbook(otherwise=False)).message == "no play ever answers"


def test_plays_that_answer_everybody_leave_no_gap() -> None:
    """Yes, no and unknown."""
    yes, no = play("yes", is_("sweet_spot", True)), play("no", is_("sweet_spot", False))
    unknown = play("unknown", is_("sweet_spot", False, "known"))

    assert check_reach(playbook(yes, no, unknown, otherwise=False)) == ()


def test_lists_that_are_empty_do_not_contain() -> None:
    """An empty list is known to lack a word; a missing list is not."""
    lacks = play("lacks", Not(is_("open_questions", ("why",), "contains")))
    has = play("has", is_("open_questions", ("why",), "contains"))

    assert gap(lacks, has) == "`open_questions` is unknown"
    assert gap(has, play("missing", is_("open_questions", False, "known"))) in (
        "`open_questions` is empty",
        "`open_questions` does not contain `why`",
    )


def test_between_two_constants_lie_other_numbers() -> None:
    """For a number always, for a whole number where there is one."""
    price = Fact("price", "number", "")
    ends = [is_("price", (1, 2), "in"), is_("price", 1, "less_than"), is_("price", 2, "more_than")]
    plays = [play(f"p{i}", when) for i, when in enumerate(ends)]
    missing = play("missing", is_("price", False, "known"))

    whole = replace(price, type="integer")
    gaps = {
        fact.type: [
            found.message
            for found in check_reach(
                playbook(*plays, missing, otherwise=False, facts={"price": fact})
            )
        ]
        for fact in (price, whole)
    }
    assert gaps == {
        "number": ["no play answers where `price` is more than 1 and less than 2"],
        "integer": [],
    }


def test_a_comparison_reads_the_same_from_both_sides() -> None:
    """`a` at most `b` is `b` at least `a`."""
    one = is_("attempts", Ref("touches"), "at_most")
    same = is_("touches", Ref("attempts"), "at_least")
    opposite = is_("touches", Ref("attempts"), "less_than")

    found = only(playbook(play("one", one), play("opposite", opposite), play("same", same)))
    assert (
        found.message == "play `same` can never be chosen: play `one` comes first wherever it holds"
    )
