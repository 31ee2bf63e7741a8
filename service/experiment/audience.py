"""Who takes part: a condition over what is known of a prospect before the first contact.

It is compiled, encoded and read as the conditions of playbooks are, so it means what a
playbook's `when` means; but here nothing is concluded, and no engine is asked.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Final, NamedTuple

from service.decision.facts import Facts, Fields, Reading
from service.decision.history import History
from service.decision.weighing import Weighable, weigh, weighable
from service.playbook.comparisons import Comparisons
from service.playbook.diagnostics import START
from service.playbook.reach.regions import FALSE, TooComplex
from service.playbook.reach.truth import Truth
from service.playbook.reach.witness import contradiction
from service.playbook.rules import Conclude, Condition, Playbook
from service.playbook.ruleset import Cond, Field
from service.playbook.values import ValueReader, value_reader
from service.playbook.vocabulary import STANDARD_FACTS

#: The facts that an audience may ask for: who somebody is, and what they would buy. Left out
#: are all that the history gives, and all that talking to somebody brings about or brings to
#: light (the stage of the deal, rapport, a date to come back, an opt-out), since playbooks that
#: talk differently would have different audiences; and the time zone, which may be worked out.
BEFORE_CONTACT: Final = (
    *("id", "account_id", "job_title", "company", "owner_name", "country", "region", "language"),
    *("seniority", "purchase_type", "buying_cycle_days", "existing_client", "sweet_spot"),
    "audience",
)

#: A playbook of standard facts alone, for the compiler of conditions.
_FACTS_ALONE = Playbook(
    name="",
    title="",
    about="",
    claims={},
    parameters={},
    facts=STANDARD_FACTS,
    defaults={},
    conclusions=(),
    tables=(),
    plays=(),
    otherwise=None,
    templates={},
    windows={},
    actions={},
)
_NOTHING_HAPPENED = History((), datetime(1970, 1, 1, tzinfo=UTC))


class Judgement(NamedTuple):
    """Whether somebody belongs to an audience; None where that hangs on facts nobody knows.

    `unknown` are those facts. Unknown is not true: who may belong does not take part.
    """

    belongs: bool | None
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True)
class Audience:
    """The condition in the compiled form of `playbook.ruleset`, its fields and its texts.

    `condition` is as it was written, to be told of.
    """

    when: Cond
    fields: tuple[Field, ...]
    texts: Mapping[str, int]
    condition: Condition = field(compare=False)

    def judge(self, prospect: Mapping[str, object]) -> Judgement:
        """Judge by the `prospect` of a request, as it came.

        Blank, null, and what is of another type (for which the request is refused elsewhere)
        is not known. No playbook's defaults are filled in: they would make an audience of their
        own for each playbook.
        """
        facts: Facts = {}
        for name, read in self._values:
            value = prospect.get(name)
            if value is None or (isinstance(value, str) and not value.strip()):
                continue
            if (typed := read(value)) is not None:
                facts[name] = typed
        numbers: dict[str, int] = {}
        self._fields.read(Reading(facts, _NOTHING_HAPPENED), numbers)
        truth = weigh(self._condition, numbers)
        if isinstance(truth, bool):
            return Judgement(truth)
        behind = [field.fact for field in self.fields if field.name in truth]
        return Judgement(None, tuple(dict.fromkeys(behind)))

    @cached_property
    def _values(self) -> tuple[tuple[str, ValueReader], ...]:
        """How the value of each fact in question is read from a request."""
        names = dict.fromkeys(field.fact for field in self.fields)
        return tuple((name, value_reader(STANDARD_FACTS[name])) for name in names)

    @cached_property
    def _condition(self) -> Weighable:
        return weighable(self.when)

    @cached_property
    def _fields(self) -> Fields:
        """How the number of each field is read from the facts."""
        return Fields(self.fields, STANDARD_FACTS, self.texts, ())


def audience_of(condition: Condition) -> Audience:
    """The audience of a condition over standard facts and constants alone."""
    comparisons = Comparisons(_FACTS_ALONE)
    when = comparisons.plainly(condition, truth=True)
    return Audience(when, tuple(comparisons.fields.values()), comparisons.texts, condition)


def never_holds(condition: Condition) -> str:
    """Why nobody can ever belong: "`country` cannot be US and not US"; empty where one may."""
    rule = Conclude("audience", condition, {}, "", START)
    truth = Truth(replace(_FACTS_ALONE, conclusions=(rule,)))
    try:
        truth.prepare()
        return contradiction(truth, [condition]) if truth.true(condition) == FALSE else ""
    except TooComplex:
        return ""
