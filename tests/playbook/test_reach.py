"""What can never have a say, in the words that a manager reads."""

from dataclasses import replace

from service.playbook.diagnostics import Diagnostic, Place
from service.playbook.reach.reach import Reach, check_reach, guaranteed
from service.playbook.rules import ALWAYS, AnyOf, Condition, Not, Ref
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


def test_both_sides_of_a_comparison_are_guaranteed() -> None:
    """It only holds where both are known, and plainly does not hold only there too."""
    when = is_("silent_days", Ref("buying_cycle_days"), "at_least")
    book = playbook(play("p", when))
    sides = ("silent_days", "buying_cycle_days")

    assert all(guaranteed(book, each, side) for each in (when, Not(when)) for side in sides)


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
