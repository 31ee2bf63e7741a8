"""What a playbook says, as frozen values: the meaning of the text, resolved and typed.

Nothing here knows YAML, the engine, or time. Every part keeps the `Place` it was written
at, so that whatever is said about it later can point there.
"""

from dataclasses import dataclass, field
from typing import Literal

from service.playbook.diagnostics import Place
from service.playbook.vocabulary import Fact

Scalar = bool | int | float | str
Operator = Literal[
    "is", "in", "at_least", "at_most", "more_than", "less_than", "known", "contains", "empty"
]
HitPolicy = Literal["first", "unique", "collect"]
WaitUnit = Literal["hours", "days", "business_days"]
Roll = Literal["none", "to_business_day"]
TimeOfDay = Literal["same_time", "window_start"]
Sum = Literal["sum", "difference", "product", "minimum", "maximum"]


# ---- conditions ---------------------------------------------------------------------


@dataclass(frozen=True)
class Ref:
    """`$name`: the value of a parameter, a fact or a conclusion."""

    name: str


@dataclass(frozen=True)
class Test:
    """One fact against one value. `in` and `contains` hold a tuple, `known` and `empty` a bool.

    Dates and instants stay the text that was written, checked.
    """

    fact: str
    operator: Operator
    value: Scalar | tuple[Scalar, ...] | Ref
    place: Place


@dataclass(frozen=True)
class Done:
    """How often something was done, counted in the history.

    The tuples hold the words allowed for each property of a touch; empty means any.
    `within` is in days; `since` is `first_touch` (all of it) or `last_reply`.
    True where `at_least` ≤ count, and count ≤ `at_most` where that is given.
    """

    action: tuple[str, ...]
    channel: tuple[str, ...]
    outcome: tuple[str, ...]
    template: tuple[str, ...]
    direction: Literal["outbound", "inbound"]
    within: int | Ref | None
    since: Literal["first_touch", "last_reply"]
    at_least: int | Ref
    at_most: int | Ref | None
    place: Place


@dataclass(frozen=True)
class All:
    """True where every part is; an empty `All` always is."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True)
class AnyOf:
    """True where one part is."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True)
class Not:
    """True where the part is plainly false; unknown stays unknown."""

    part: "Condition"


Condition = Test | Done | All | AnyOf | Not
ALWAYS = All(())


# ---- conclusions --------------------------------------------------------------------


@dataclass(frozen=True)
class Arithmetic:
    """A sum, difference, product, minimum or maximum of its arguments."""

    operation: Sum
    arguments: tuple["Expression", ...]


Expression = Scalar | Ref | Arithmetic


@dataclass(frozen=True)
class Conclude:
    """When this holds, then these facts have these values."""

    name: str
    when: Condition
    then: dict[str, Expression]
    because: str
    place: Place


@dataclass(frozen=True)
class Row:
    """One row of a table: a condition for each input (None: any) and a value for each output."""

    cells: tuple[Condition | None, ...]
    values: tuple[Expression, ...]
    place: Place


@dataclass(frozen=True)
class Table:
    """A decision table, read row by row."""

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    hit: HitPolicy
    rows: tuple[Row, ...]
    because: str
    place: Place


# ---- plays --------------------------------------------------------------------------


@dataclass(frozen=True)
class Wait:
    """How long after what. `after` is an anchor's name or the fact that holds the moment.

    Anchors: `last_touch`, `first_touch`, `last_reply`, `previous_step`, `now`.
    `roll` says what becomes of an end on a day off: it stays, or moves to the next business
    day. `at` says when on its day a wait ends: at the time it began, or when the window opens.
    """

    amount: int | Ref
    unit: WaitUnit
    after: str | Ref
    place: Place
    roll: Roll = "none"
    at: TimeOfDay = "same_time"


@dataclass(frozen=True)
class Step:
    """One thing to do."""

    action: str
    channel: str | None
    template: str | None
    wait: Wait | None
    window: str
    checklist: tuple[str, ...]
    facts_needed: tuple[str, ...]
    because: str
    place: Place


@dataclass(frozen=True)
class Play:
    """A rule with one step, or a sequence of steps.

    `then` says what follows a sequence's last step: `stop`, or `next` to let the plays
    below decide. A `repeat` sequence begins again instead.
    """

    name: str
    when: Condition
    steps: tuple[Step, ...]
    is_sequence: bool
    is_exit: bool
    repeat: bool
    then: Literal["stop", "next"]
    priority: int
    because: str
    place: Place


# ---- the rest -----------------------------------------------------------------------


@dataclass(frozen=True)
class Parameter:
    """A number that a manager tunes."""

    name: str
    value: int
    unit: str
    title: str
    place: Place


@dataclass(frozen=True)
class Template:
    """A message in Liquid. `limit` is the most characters the body may have."""

    name: str
    subject: str | None
    body: str
    limit: int | None
    place: Place
    subject_place: Place
    body_place: Place


@dataclass(frozen=True)
class NeverSay:
    """A phrase that no message may hold, and why."""

    phrase: str
    because: str


@dataclass(frozen=True)
class Window:
    """When something may go out, in the prospect's own time.

    `days` are ISO weekdays 1..7, or empty for business days. `hours` are minutes of the
    day, (from, until); until may be smaller than from: the window crosses midnight.
    """

    name: str
    days: tuple[int, ...]
    hours: tuple[tuple[int, int], ...]
    holidays: bool


@dataclass(frozen=True)
class Playbook:
    """A whole playbook.

    `facts` holds every fact by name: the standard ones, the declared ones and the
    conclusions. `plays` stand in the order in which they are preferred, exits first.
    """

    name: str
    title: str
    about: str
    claims: dict[str, str]
    parameters: dict[str, Parameter]
    facts: dict[str, Fact]
    defaults: dict[str, Scalar | Ref]
    conclusions: tuple[Conclude, ...]
    tables: tuple[Table, ...]
    plays: tuple[Play, ...]
    otherwise: Step | None
    templates: dict[str, Template]
    windows: dict[str, Window]
    actions: dict[str, str]
    never_say: tuple[NeverSay, ...] = ()
    examples: tuple[dict[str, object], ...] = field(default=())
