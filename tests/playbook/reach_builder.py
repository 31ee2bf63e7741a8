"""Playbooks in a few words, for the tests of what can be reached."""

from dataclasses import replace
from typing import Any

from service.playbook.diagnostics import START, Diagnostic, Place
from service.playbook.reach.reach import check_reach
from service.playbook.rules import (
    All,
    Conclude,
    Condition,
    Done,
    Parameter,
    Play,
    Playbook,
    Row,
    Step,
    Table,
)
from service.playbook.rules import Test as FactTest
from service.playbook.vocabulary import STANDARD_FACTS, Fact, FactType

STEP = Step("follow_up", "email", None, None, "any_time", (), (), "", START)


def is_(fact: str, value: Any, operator: Any = "is") -> FactTest:
    """One fact against one value."""
    return FactTest(fact, operator, value, START)


def all_(*parts: Condition) -> All:
    """All of them."""
    return All(parts)


def done(action: str, at_least: int = 1, at_most: int | None = None) -> Done:
    """How often an action was done."""
    return Done((action,), (), (), (), "outbound", None, "first_touch", at_least, at_most, START)


def play(name: str, when: Condition, line: int = 1, **changes: Any) -> Play:
    """A rule with one step."""
    plain = Play(name, when, (STEP,), False, False, False, "next", 0, "", Place(line, 1))
    return replace(plain, **changes)


def sequence(name: str, when: Condition, **changes: Any) -> Play:
    """Two steps."""
    return play(name, when, is_sequence=True, steps=(STEP, STEP), **changes)


def rule(name: str, when: Condition, line: int = 1, **then: Any) -> Conclude:
    """A conclude rule; the keywords are what it concludes."""
    return Conclude(name, when, then, "", Place(line, 1))


def table(*rows: tuple[Any, ...], hit: Any = "first", name: str = "pace") -> Table:
    """One input, `seniority`; a row is its cell and the value for `pace_days`."""
    made = tuple(
        Row((cell,), (value,), Place(line, 1)) for line, (cell, value) in enumerate(rows, 1)
    )
    return Table(name, ("seniority",), ("pace_days",), hit, made, "", START)


def concluded(name: str, type_: FactType) -> Fact:
    """A fact that the playbook concludes."""
    return Fact(name, type_, name, "conclusion")


def playbook(*parts: Conclude | Table | Play, otherwise: bool = True, **changes: Any) -> Playbook:
    """A playbook of these parts, with `otherwise` or without."""
    facts = STANDARD_FACTS | {
        fact.name: fact
        for fact in (
            concluded("silent", "boolean"),
            concluded("pace_days", "integer"),
            concluded("gaps", "list"),
        )
    }
    made = Playbook(
        name="p",
        title="",
        about="",
        claims={},
        parameters={"patience": Parameter("patience", 7, "days", "", START)},
        facts=facts,
        defaults={},
        conclusions=tuple(part for part in parts if isinstance(part, Conclude)),
        tables=tuple(part for part in parts if isinstance(part, Table)),
        plays=tuple(part for part in parts if isinstance(part, Play)),
        otherwise=STEP if otherwise else None,
        templates={},
        windows={},
        actions={},
    )
    return replace(made, **changes)


def only(book: Playbook) -> Diagnostic:
    """The one mistake found."""
    (found,) = check_reach(book)
    return found
