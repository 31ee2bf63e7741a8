"""Rows and rules that stand in each other's way."""

from dataclasses import replace

from service.playbook.diagnostics import Diagnostic, Place
from service.playbook.reach.reach import check_reach
from service.playbook.rules import ALWAYS, Arithmetic, Ref
from tests.playbook.reach_builder import (
    all_,
    is_,
    only,
    play,
    playbook,
    rule,
    table,
)

# ---- tables -----------------------------------------------------------------------------


def test_a_covered_row_names_the_row_that_covers_it() -> None:
    """Rows are counted from 1."""
    book = playbook(
        table(
            (is_("seniority", "individual"), 1),
            (is_("seniority", "vp", "at_least"), 3),
            (is_("seniority", "manager", "at_least"), 5),
            (is_("seniority", "c_level"), 7),
        )
    )

    found = only(book)
    assert (found.code, found.message, found.place.line) == (
        "row-never-reached",
        "row 4 of table `pace` is covered by row 2",
        4,
    )


def test_a_row_covered_by_several_says_so() -> None:
    """Everybody whose seniority is known stands in one of the rows above."""
    book = playbook(
        table(
            (is_("seniority", "vp", "at_least"), 1),
            (is_("seniority", "vp", "less_than"), 2),
            (is_("seniority", True, "known"), 3),
            (None, 4),
        )
    )

    assert only(book).message == ("row 3 of table `pace` is covered by the rows above it together")


def test_overlapping_rows_of_a_unique_table_come_with_an_example() -> None:
    """The first row that overlaps is named."""
    book = playbook(
        table(
            (is_("seniority", "vp"), 1),
            (is_("seniority", "director", "at_most"), 2),
            (is_("seniority", ("director", "c_level"), "in"), 3),
            hit="unique",
        )
    )

    found = only(book)
    assert (found.code, found.message, found.hint) == (
        "overlapping-rows",
        "rows 2 and 3 of table `pace` both match",
        "for example where `seniority` is `director`; change one of them, or use `hit: first`",
    )


def test_a_collecting_table_may_overlap() -> None:
    """And what it collects can be asked for; a value in no row can not."""
    rows = table((is_("seniority", "vp"), "x"), (None, "y"), hit="collect", name="gaps")
    book = playbook(
        replace(rows, outputs=("gaps",)),
        play("x", is_("gaps", ("x",), "contains")),
        play("z", is_("gaps", ("z",), "contains")),
    )

    assert only(book).message == "play `z` can never fire: `gaps` cannot be a list with `z`"


# ---- conflicting-conclusions --------------------------------------------------------------


def test_two_values_at_once_come_with_an_example() -> None:
    """Only the facts that matter are in it."""
    book = playbook(
        rule("some", all_(is_("rapport", "some"), is_("sweet_spot", True)), pace_days=3),
        rule("lost", is_("urgency", False, "known"), 2, pace_days=5),
    )

    assert only(book) == Diagnostic(
        "conflicting-conclusions",
        "rules `some` and `lost` can give `pace_days` different values",
        Place(2, 1),
        "for example where `rapport` is `some`, `sweet_spot` is true and `urgency` is unknown; "
        "let a table with `hit: first` conclude it instead",
    )


def test_two_rules_may_agree_or_exclude_each_other() -> None:
    """The same value, also by way of a parameter, is no conflict; nor are opposites."""
    book = playbook(
        rule("a", is_("attempts", 3, "at_least"), pace_days=Ref("patience")),
        rule("b", is_("attempts", 2, "at_least"), pace_days=7),
        rule("c", is_("attempts", 2, "less_than"), pace_days=1),
    )

    assert check_reach(book) == ()


def test_formulas_conflict_only_where_their_facts_are_known() -> None:
    """A formula with a missing fact concludes nothing."""
    formula = Arithmetic("product", (2, Ref("buying_cycle_days")))
    without = rule("b", is_("buying_cycle_days", False, "known"), pace_days=7)
    clash = rule("c", is_("attempts", 3), pace_days=7)

    assert check_reach(playbook(rule("a", ALWAYS, pace_days=formula), without)) == ()
    assert only(playbook(rule("a", ALWAYS, pace_days=formula), clash)).hint.startswith(
        "for example where `buying_cycle_days` is known and `attempts` is 3;"
    )


def test_a_fact_has_one_kind_of_source() -> None:
    """A rule and a table, or two tables."""
    rows = table((is_("seniority", "vp"), 3))
    with_rule = playbook(rule("r", is_("seniority", "vp"), pace_days=3), rows)
    two_tables = playbook(rows, replace(rows, name="again"))

    assert [only(with_rule).message, only(two_tables).message] == [
        "`pace_days` is concluded by table `pace` and by rule `r`",
        "`pace_days` is concluded by table `again` and by table `pace`",
    ]
