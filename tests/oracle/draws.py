"""Random playbooks over every power of the language.

Everything is drawn from a `Random`: hypothesis gives one that it can shrink, the long run one
with a seed.
"""

from random import Random
from typing import Any

from service.playbook.vocabulary import CHANNELS
from tests.oracle.condition_draws import Conditions
from tests.oracle.sheets import Sheet
from tests.oracle.stock import (
    ACTIONS,
    DECLARED,
    STANDARD,
    TEMPLATES,
    TWINS,
    Kind,
    constants,
    kind_of,
)

_UNITS = ("days", "hours", "business_days", "touches", "times", None)
_OPERATIONS = ("sum", "difference", "product", "minimum", "maximum")


def random_sheet(random: Random) -> Sheet:
    """A playbook that may still hold what the product refuses."""
    return _Draw(random).sheet()


class _Draw(Conditions):
    """One playbook while it is drawn; `kinds` are the names that a test may look at."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.parameters = {
            f"p{n}": {"value": random.choice((0, 1, 2, 3, 7, 14)), "title": "A number"}
            | ({"unit": unit} if (unit := random.choice(_UNITS)) else {})
            for n in range(random.randrange(4))
        }
        facts = random.sample((*DECLARED, *STANDARD), random.randint(2, 7))
        facts += [TWINS[name] for name in facts if name in TWINS and self.chance(0.6)]
        self.kinds = {name: kind_of(name) for name in facts}
        self.sheet_: Sheet = {"conclude": [], "tables": []}

    def sheet(self) -> Sheet:
        declared = {name: self.declaration(name) for name in self.kinds if name in DECLARED}
        defaults = {
            name: {"default": self.random.choice(constants(name, self.kinds[name]))}
            for name in ("seniority", "buying_cycle_days", "revisit_on", "owner_name")
            if name in self.kinds and self.chance(0.3)
        }
        for number in range(self.random.choice((0, 1, 2, 3, 4, 6))):
            self.conclude(f"k{number}")
        conclusions, tables = self.sheet_["conclude"], self.sheet_["tables"]
        self.random.shuffle(conclusions)
        names = iter(range(100))
        exits = [self.play(next(names)) for _ in range(self.random.choice((0, 0, 1, 2)))]
        plays = [self.play(next(names)) for _ in range(self.random.choice((1, 2, 3, 5)))]
        otherwise = {**self.step(), "because": "Nothing else."} if self.chance(0.7) else None
        return {
            "playbook": "drawn", "title": "Drawn", "about": "Drawn at random.",
            "parameters": self.parameters, "facts": declared | defaults,
            "windows": {"mornings": {"hours": "08:00-10:00"},
                        "nights": {"days": "every_day", "hours": "22:00-02:00"}},
            "conclude": conclusions, "tables": tables, "exits": exits, "plays": plays,
            "otherwise": otherwise,
            "templates": {name: {"subject": "Hello", "body": "Hello."} for name in TEMPLATES},
        }  # fmt: skip

    def declaration(self, name: str) -> dict[str, Any]:
        told = {**DECLARED[name], "title": "A fact"}
        if told["type"] != "list" and self.chance(0.25):
            told["default"] = self.random.choice(constants(name, self.kinds[name]))
            if told["type"] in ("integer", "number") and self.parameters and self.chance(0.3):
                told["default"] = f"${self.random.choice([*self.parameters])}"
        return told

    # ---- conclusions ----------------------------------------------------------------

    def conclude(self, name: str) -> None:
        """Draw what makes one conclusion, or two."""
        makers = (self.yes, self.yes, self.split, self.copy, self.reckon, self.word,
                  self.table, self.table, self.collect)  # fmt: skip
        self.random.choice(makers)(name)

    def rule(self, name: str, number: int, then: dict[str, Any], when: Any = None) -> None:
        told = {"rule": f"{name}-{number}", "when": when or self.condition(), "then": then}
        if when is None and self.chance(0.1):
            del told["when"]
        self.sheet_["conclude"].append({**told, "because": "It is drawn."})

    def yes(self, name: str) -> None:
        value, extra = self.chance(0.8), self.chance(0.2)
        for number in range(self.random.choice((1, 1, 2, 3))):
            self.rule(name, number, {name: value} | ({f"{name}b": not value} if extra else {}))
        self.kinds |= {name: Kind("boolean")} | ({f"{name}b": Kind("boolean")} if extra else {})

    def split(self, name: str) -> None:
        when = self.condition()
        values, kind = self.random.choice(
            (((True, False), Kind("boolean")), (("low", "high"), Kind("choice", ("low", "high"))),
             ((1, 2.5), Kind("number")))
        )  # fmt: skip
        self.rule(name, 0, {name: values[0]}, when)
        self.rule(name, 1, {name: values[1]}, {"not": when})
        self.kinds[name] = kind

    def copy(self, name: str) -> None:
        other = self.random.choice([*self.kinds])
        self.rule(name, 0, {name: f"${other}"})
        self.kinds[name] = self.kinds[other]

    def reckon(self, name: str) -> None:
        formula, kind = self.formula()
        self.rule(name, 0, {name: formula})
        self.kinds[name] = Kind(kind)

    def word(self, name: str) -> None:
        self.rule(name, 0, {name: "warm"})
        self.kinds[name] = Kind("choice", ("warm",))

    def formula(self, depth: int = 0) -> tuple[Any, str]:
        parts, types = [], []
        for _ in range(2 if self.chance(0.7) else 3):
            part, type_ = (
                self.formula(depth + 1) if depth < 2 and self.chance(0.2) else self.number()
            )
            parts.append(part)
            types.append(type_)
        operation = self.random.choice(_OPERATIONS)
        parts = parts[:2] if operation == "difference" else parts
        return {operation: parts}, "number" if "number" in types[: len(parts)] else "integer"

    def number(self) -> tuple[Any, str]:
        numbers = [
            (f"${n}", k.type) for n, k in self.kinds.items() if k.type in ("integer", "number")
        ]
        pool = [
            (2, "integer"),
            (0.7, "number"),
            (1.005, "number"),
            *((f"${n}", "integer") for n in self.parameters),
        ]
        return self.random.choice([*numbers, *numbers, *pool])

    def table(self, name: str) -> None:
        several = self.chance(0.3)
        outputs = [name, f"{name}b"] if several else [name]
        numeric = self.chance(0.4)
        values = [self.formula()[0], 3, 1.5, "$p0"] if numeric else ["low", "mid", "high"]
        if "p0" not in self.parameters and numeric:
            values.pop()
        inputs = self.inputs()
        rows = [[*self.cells(inputs), self.random.choice(values), *(["x"] if several else [])]
                for _ in range(self.random.randint(1, 5))]  # fmt: skip
        self.add_table(
            name, inputs, outputs, self.random.choice(("first", "first", "unique")), rows
        )
        words = tuple(dict.fromkeys(row[len(inputs)] for row in rows if not numeric))
        self.kinds[name] = Kind("number" if numeric else "choice", words)
        if several:
            self.kinds[f"{name}b"] = Kind("choice", ("x",))

    def collect(self, name: str) -> None:
        inputs = self.inputs()
        words = ("budget", "time", "place")
        rows = [[*self.cells(inputs), self.random.choice(words)]
                for _ in range(self.random.randint(1, 4))]  # fmt: skip
        self.add_table(name, inputs, [name], "collect", rows)
        self.kinds[name] = Kind("list", tuple(dict.fromkeys(row[-1] for row in rows)))

    def inputs(self) -> list[str]:
        return self.random.sample([*self.kinds], min(len(self.kinds), self.random.randint(1, 3)))

    def cells(self, inputs: list[str]) -> list[Any]:
        return ["any" if self.chance(0.3) else self.test(name) for name in inputs]

    def add_table(
        self, name: str, inputs: list[str], outputs: list[str], hit: str, rows: Any
    ) -> None:
        told = {"table": f"t-{name}", "because": "It is drawn.", "inputs": inputs}
        told["output"] = outputs if len(outputs) > 1 else outputs[0]
        self.sheet_["tables"].append({**told, "hit": hit, "rows": rows})

    # ---- plays ----------------------------------------------------------------------

    def play(self, number: int) -> dict[str, Any]:
        told: dict[str, Any] = {"when": self.condition()} if self.chance(0.9) else {}
        if self.chance(0.5):
            steps = [self.step(sequenced=True) for _ in range(self.random.randint(1, 3))]
            told = {"sequence": f"s-{number}", **told, "steps": steps}
            told |= self.random.choice(({}, {"then": "stop"}, {"then": "next"}, {"repeat": True}))
        else:
            do: Any = self.random.choice(("stop", "wait", None, None, None))
            told = {"rule": f"r-{number}", **told, "do": do or self.step()}
        if self.chance(0.3):
            told["priority"] = self.random.choice((-1, 1, 10))
        return {**told, "because": "It is drawn."}

    def step(self, *, sequenced: bool = False) -> dict[str, Any]:
        if not sequenced and self.chance(0.1):
            return {"action": "ask_for_data", "facts": [self.random.choice([*self.kinds])]}
        told: dict[str, Any] = {"action": self.random.choice(ACTIONS)}
        if self.chance(0.85):
            told["channel"] = self.random.choice((*CHANNELS, "email", "phone"))
            if self.chance(0.4):
                told["template"] = self.random.choice(TEMPLATES)
        if self.chance(0.5):
            told["wait"] = self.wait()
        if self.chance(0.3):
            windows = ("business_hours", "early", "after_hours", "any_time", "mornings", "nights")
            told["window"] = self.random.choice((*windows, "early_or_after_hours"))
        return told

    def wait(self) -> Any:
        lengths = ("7 days", "3 business days", "2 hours", "1 week", "0 days")
        anchors = ("last_touch", "first_touch", "last_reply", "previous_step", "now", "$now")
        length = self.random.choice(lengths)
        if self.chance(0.4):
            return length
        told = {"for": length, "after": self.random.choice(anchors)}
        roll = {"roll": self.random.choice(("none", "to_business_day"))}
        at = {"at": self.random.choice(("same_time", "window_start"))}
        return told | (roll if self.chance(0.3) else {}) | (at if self.chance(0.3) else {})
