"""What can never have a say, in the words that a manager reads."""

from dataclasses import replace

from service.playbook.diagnostics import Diagnostic, Place
from service.playbook.reach import Reach, check_reach, guaranteed
from service.playbook.rules import ALWAYS, AnyOf, Condition, Not, Play, Ref
from service.playbook.vocabulary import Fact
from tests.playbook.reach_builder import (
    all_,
    done,
    is_,
    only,
    play,
    playbook,
    rule,
    sequence,
    table,
)


def never(when: Condition) -> str:
    """Why a play with this condition never fires."""
    found = only(playbook(play("p", when)))
    assert found.code == "rule-never-fires"
    return found.message.removeprefix("play `p` can never fire: ")


# ---- rule-never-fires -----------------------------------------------------------------


def test_a_play_that_can_fire_is_not_told() -> None:
    """Nothing is wrong with one play and an `otherwise`."""
    book = playbook(play("p", is_("existing_client", True)))

    assert check_reach(book) == ()


def test_two_tests_of_one_fact_that_contradict_each_other_are_named() -> None:
    """Numbers, words, dates, known and counts, straight and negated."""
    cases = {
        all_(is_("attempts", 5, "at_least"), is_("attempts", 3, "less_than")): (
            "`attempts` cannot be at least 5 and less than 3"
        ),
        all_(is_("attempts", Ref("patience"), "more_than"), is_("attempts", 7)): (
            "`attempts` cannot be more than `$patience` and 7"
        ),
        all_(is_("rapport", "strong"), is_("rapport", ("none", "some"), "in")): (
            "`rapport` cannot be `strong` and `none` or `some`"
        ),
        all_(is_("urgency", "normal", "at_least"), Not(is_("urgency", "none", "more_than"))): (
            "`urgency` cannot be at least `normal` and at most `none`"
        ),
        all_(is_("revisit_on", "2026-11-20"), is_("revisit_on", "2026-11-20", "less_than")): (
            "`revisit_on` cannot be 2026-11-20 and less than 2026-11-20"
        ),
        all_(is_("country", False, "known"), is_("country", "US")): (
            "`country` cannot be unknown and `US`"
        ),
        all_(
            is_("open_questions", True, "empty"), is_("open_questions", ("why",), "contains")
        ): "`open_questions` cannot be empty and a list with `why`",
        all_(done("reopen"), done("reopen", 0, 0)): (
            "the count of `reopen` cannot be at least 1 and at most 0"
        ),
    }

    assert {when: never(when) for when in cases} == cases


def test_one_test_that_cannot_hold_is_named() -> None:
    """Below a fact's smallest value, or unknown where it is always known."""
    assert never(is_("attempts", 0, "less_than")) == "`attempts` cannot be less than 0"
    assert never(is_("attempts", False, "known")) == "`attempts` cannot be unknown"


def test_three_tests_that_contradict_only_together_are_named() -> None:
    """And a fourth that has no part in it is not."""
    when = all_(
        is_("sweet_spot", True),
        is_("attempts", 1, "at_least"),
        is_("attempts", 2, "at_most"),
        Not(is_("attempts", (1, 2), "in")),
    )

    assert never(when) == "`attempts` cannot be at least 1, at most 2 and none of 1 or 2"


def test_tests_that_contradict_through_a_conclusion_are_named() -> None:
    """A conclusion stands for the conditions of its rules."""
    book = playbook(
        rule("silent", is_("attempts", 3, "at_least"), silent=True),
        play("p", all_(is_("silent", True), is_("attempts", 2))),
    )

    expected = "play `p` can never fire: `silent` cannot be true while `attempts` is 2"
    assert only(book).message == expected


def test_what_no_row_concludes_is_named() -> None:
    """A value that the table never gives."""
    book = playbook(table((None, 7)), play("p", is_("pace_days", 9)))

    assert only(book).message == "play `p` can never fire: `pace_days` cannot be 9"


def test_a_contradiction_in_alternatives_has_no_words() -> None:
    """`any` parts are not quoted; that they contradict each other is said."""
    when = all_(
        AnyOf((is_("attempts", 1), is_("attempts", 2))),
        AnyOf((is_("attempts", 3), is_("attempts", 4))),
    )

    assert never(when) == "its tests contradict each other"


def test_rules_sequences_and_rows_are_told_by_their_kind() -> None:
    """Each at its own place."""
    never_known = is_("attempts", False, "known")
    book = playbook(
        rule("silent", never_known, 5, silent=True),
        table((all_(is_("seniority", "vp"), is_("seniority", "director")), 1), (None, 7)),
        sequence("s", never_known, line=9),
    )

    assert [(found.message.split(":")[0], found.place.line) for found in check_reach(book)] == [
        ("rule `silent` can never fire", 5),
        ("sequence `s` can never fire", 9),
        ("row 1 of table `pace` can never match", 1),
    ]


# ---- play-never-wins --------------------------------------------------------------------


def test_a_play_covered_by_one_above_names_it() -> None:
    """A narrower play below a wider one."""
    book = playbook(
        play("other", is_("sweet_spot", True)),
        play("wide", is_("attempts", 2, "at_least")),
        play("narrow", is_("attempts", 5, "at_least"), 3),
    )

    assert only(book) == Diagnostic(
        "play-never-wins",
        "play `narrow` can never be chosen: play `wide` comes first wherever it holds",
        Place(3, 1),
        "put it above `wide`, or add a test to `wide`",
    )


def test_a_play_covered_only_together_says_so() -> None:
    """Neither of the two above covers it alone."""
    book = playbook(
        play("yes", is_("sweet_spot", True)),
        play("no", is_("sweet_spot", False)),
        play("known", is_("sweet_spot", True, "known")),
    )

    assert only(book).message == (
        "play `known` can never be chosen: the plays above it together come first wherever it holds"
    )


def test_unknown_is_neither_yes_nor_no() -> None:
    """Two opposite plays leave room for a third: those of whom it is not known."""
    book = playbook(
        play("yes", is_("sweet_spot", True)),
        play("no", Not(is_("sweet_spot", True))),
        play("everybody", ALWAYS),
    )

    assert check_reach(book) == ()


def test_a_sequence_covers_what_is_below_unless_it_goes_on() -> None:
    """One that ends with `next` lets the plays below decide when its steps are done."""
    below = play("below", is_("sweet_spot", True))
    found = {
        (then, repeat): [
            diagnostic.code
            for diagnostic in check_reach(
                playbook(sequence("s", is_("sweet_spot", True), then=then, repeat=repeat), below)
            )
        ]
        for then, repeat in (("next", False), ("stop", False), ("next", True))
    }

    assert found == {
        ("next", False): [],
        ("stop", False): ["play-never-wins"],
        ("next", True): ["play-never-wins"],
    }


# ---- no-answer ----------------------------------------------------------------------------


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


# ---- guaranteed ---------------------------------------------------------------------------


def test_what_a_condition_tests_is_guaranteed() -> None:
    """Both sides of a test, in every alternative, through conclusions; parameters always."""
    book = playbook(
        rule("silent", is_("silent_days", 9, "at_least"), silent=True),
        play("p", AnyOf((is_("silent", True), is_("silent_days", Ref("touches"))))),
    )
    when = book.plays[0].when

    asked = ("silent_days", "touches", "patience", "silent", "first_name")
    assert [guaranteed(book, when, fact) for fact in asked] == [True, True, True, True, False]


def test_a_default_is_a_guarantee() -> None:
    """A fact with a default is never unknown."""
    book = playbook(defaults={"buying_cycle_days": Ref("patience")})

    assert guaranteed(book, ALWAYS, "buying_cycle_days")


# ---- limits -------------------------------------------------------------------------------


def test_a_tangled_playbook_gets_one_warning() -> None:
    """What was found before the budget ran out is told, and plain guarantees still hold."""
    tangled = AnyOf(
        tuple(all_(is_("attempts", n, "at_least"), done(f"a{n}"), done(f"b{n}")) for n in range(9))
    )
    book = playbook(
        play("never", is_("attempts", False, "known")),
        play("p", all_(tangled, is_("country", "US"))),
        play("q", Not(tangled)),
    )
    reach = Reach(book, budget=40)

    assert [(d.code, d.severity) for d in reach.diagnostics()][-1:] == [
        ("too-complex-to-check", "warning")
    ]
    assert reach.guaranteed(book.plays[1].when, "country")
    assert not reach.guaranteed(book.plays[1].when, "region")


def test_conclusions_in_a_circle_do_not_hang() -> None:
    """The circle is told elsewhere; here its facts can be anything."""
    book = playbook(
        rule("a", is_("pace_days", 1), silent=True),
        rule("b", is_("silent", True), pace_days=1),
        play("p", is_("silent", False)),
    )

    assert check_reach(book) == ()


def test_hundreds_of_facts_end_in_the_warning() -> None:
    """Far more variables than the diagrams allow."""
    facts = {f"f{n}": Fact(f"f{n}", "boolean", "") for n in range(900)}
    plays = [play(f"p{n}", is_(f"f{n}", True)) for n in range(900)]
    book = playbook(*plays)

    found = check_reach(replace(book, facts=book.facts | facts))

    assert [diagnostic.code for diagnostic in found] == ["too-complex-to-check"]
