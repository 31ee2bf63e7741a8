"""The compiled playbook: plain values with a digest, and nothing left to look up.

The engine sees whole numbers only. A `Field` says how one is read from a prospect's facts
and history; a field whose value is not known is absent. A condition is

    ["all", c, …]   ["any", c, …]   [field, "==" "!=" "<" "<=" ">" ">=", number]

in negation normal form: a leaf on an absent field is simply not true, so "true" here means
"plainly true" and unknown never counts as no. `["all"]` always holds, `["any"]` never.
"""

import hashlib
import json
import operator
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Final, Literal

from service.playbook.rules import Expression, HitPolicy, Play, Scalar, Step, Template, Window
from service.playbook.vocabulary import Fact

FORMAT = 1

Cond = tuple[Any, ...]
#: What the operators of tests mean.
HOLDS: Final[Mapping[str, Callable[[int, int], bool]]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
ALWAYS: Cond = ("all",)
NEVER: Cond = ("any",)

FieldKind = Literal["value", "known", "compare", "contains", "empty", "done", "progress"]
Role = Literal["conclude", "refute", "row", "play"]
#: The step number of a sequence's end.
END = -1


@dataclass(frozen=True)
class Field:
    """One whole number read from the facts.

    kind      reads
    value     `fact`, encoded
    known     1 where `fact` has a value, else 0; never absent
    compare   -1, 0 or 1 as `fact` is less than, equal to or more than `other`
    contains  1 where the list `fact` holds one of `words`, else 0
    empty     1 where the list `fact` is empty, else 0
    done      how many touches agree with `done`
    progress  how many steps of the sequence number `play` are done
    """

    name: str
    kind: FieldKind
    label: str
    fact: str = ""
    other: str = ""
    words: tuple[str, ...] = ()
    done: Mapping[str, Any] | None = None
    play: int = -1


@dataclass(frozen=True)
class CompiledRule:
    """One rule for the engine.

    `conclude` and `row` give `then`; `refute` fires where the conclude rule `of` is plainly
    false; `play` proposes step `step` of play number `play` (`END`: its end).
    """

    id: int
    role: Role
    name: str
    line: int
    because: str
    when: Cond
    fields: tuple[str, ...]
    then: Mapping[str, Expression] | None = None
    of: int = -1
    table: str = ""
    row: int = -1
    play: int = -1
    step: int = 0


@dataclass(frozen=True)
class Stratum:
    """Rules whose conditions need only the strata below, and the fields they read."""

    fields: tuple[Field, ...]
    rules: tuple[CompiledRule, ...]


@dataclass(frozen=True)
class TableMeaning:
    """How the rows of a table that fire are settled."""

    hit: HitPolicy
    outputs: tuple[str, ...]


@dataclass(frozen=True)
class Completion:
    """A yes-or-no conclusion that takes `value` where every refuting rule fired."""

    fact: str
    value: bool
    refutations: tuple[int, ...]


@dataclass(frozen=True)
class Ruleset:
    """Everything that deciding needs of one playbook. Plays stand in order of preference."""

    name: str
    title: str
    parameters: Mapping[str, int]
    facts: Mapping[str, Fact]
    defaults: Mapping[str, Scalar]
    texts: Mapping[str, int]
    strata: tuple[Stratum, ...]
    tables: Mapping[str, TableMeaning]
    completions: tuple[Completion, ...]
    plays: tuple[Play, ...]
    otherwise: Step | None
    templates: Mapping[str, Template]
    windows: Mapping[str, Window]
    actions: Mapping[str, str]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON: the form of the golden files and of the digest."""
        document = {"format": FORMAT, **asdict(self)}
        for play in document["plays"]:
            del play["when"]  # the compiled rules carry it
        steps = [step for play in document["plays"] for step in play["steps"]]
        for step in (*steps, document["otherwise"] or {}):
            _leave_out_usual(step.get("wait") or {})
        return json.loads(json.dumps(document))  # type: ignore[no-any-return]

    def conclusions(self) -> tuple[str, ...]:
        """The names of the facts that the playbook concludes."""
        return tuple(name for name, fact in self.facts.items() if fact.origin == "conclusion")

    @cached_property
    def digest(self) -> str:
        """`sha256:` and the hash of the canonical JSON: the same text gives the same digest."""
        canonical = json.dumps(
            self.to_json(), sort_keys=True, separators=(",", ":"), ensure_ascii=False
        )
        return "sha256:" + hashlib.sha256(canonical.encode()).hexdigest()


def _leave_out_usual(wait: dict[str, Any]) -> None:
    """Drop what a wait says only by saying nothing, as before it could be said."""
    for part, usual in (("roll", "none"), ("at", "same_time")):
        if wait.get(part) == usual:
            del wait[part]
