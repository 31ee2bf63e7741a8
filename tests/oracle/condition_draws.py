"""Random conditions: every operator, nesting, references, and `done` in all its variants."""

from random import Random
from typing import Any

from service.playbook.vocabulary import CHANNELS, INBOUND_OUTCOMES, OUTBOUND_OUTCOMES
from tests.oracle.stock import ACTIONS, TEMPLATES, Kind, constants


class Conditions:
    """Draws conditions on the names in `kinds`, which may be compared with `parameters`."""

    random: Random
    parameters: dict[str, Any]
    kinds: dict[str, Kind]

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def condition(self, depth: int = 0) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for _ in range(self.random.choice((1, 1, 2, 3))):
            shape = self.random.random()
            if shape < 0.6 or depth > 2:
                name = self.random.choice([*self.kinds])
                found[name] = self.test(name)
            elif shape < 0.72:
                found["done"] = self.done()
            elif shape < 0.8:
                found["not"] = self.condition(depth + 1)
            else:
                parts = [self.condition(depth + 1) for _ in range(self.random.randint(1, 3))]
                found[self.random.choice(("any", "any", "all"))] = parts
        return found

    def test(self, name: str) -> Any:
        kind = self.kinds[name]
        if kind.type == "list":
            return self.list_test(name, kind)
        shape = self.random.random()
        if shape < 0.25:
            return self.operand(name, kind)
        if shape < 0.4:
            return self.operands(name, kind)
        if shape < 0.5:
            return {"known": self.chance(0.6)}
        if shape < 0.6:
            return {"not": self.test(name)}
        if not kind.has_order:
            return {"is": self.operand(name, kind)} if shape < 0.8 else {
                "in": self.operands(name, kind)}  # fmt: skip
        if shape < 0.7:
            return {"between": [self.operand(name, kind), self.operand(name, kind)]}
        words = ["at_least", "at_most", "more_than", "less_than"]
        chosen = self.random.sample(words, self.random.choice((1, 1, 1, 2)))
        return {word: self.operand(name, kind) for word in chosen}

    def list_test(self, name: str, kind: Kind) -> dict[str, Any]:
        pool = constants(name, kind)
        found = {
            "contains": self.random.choice(pool),
            "empty": self.chance(0.5),
            "known": self.chance(0.5),
            "not": {"contains": self.random.sample(pool, min(2, len(pool)))},
        }
        word = self.random.choice([*found])
        return {word: found[word]}

    def operand(self, name: str, kind: Kind) -> Any:
        if self.chance(0.3):
            others = [o for o, other in self.kinds.items() if kind.is_comparable(other)]
            others = [other for other in others if other != name or self.chance(0.2)]
            numbers = [*self.parameters] if kind.type in ("integer", "number") else []
            if others or numbers:
                return f"${self.random.choice([*others, *numbers])}"
        return self.random.choice(constants(name, kind))

    def operands(self, name: str, kind: Kind) -> list[Any]:
        return [self.operand(name, kind) for _ in range(self.random.randint(1, 3))]

    def done(self) -> dict[str, Any]:
        inbound = self.chance(0.25)
        pools = {
            "action": ACTIONS,
            "channel": CHANNELS,
            "outcome": INBOUND_OUTCOMES if inbound else OUTBOUND_OUTCOMES,
            "template": TEMPLATES,
        }
        test: dict[str, Any] = {"direction": "inbound"} if inbound else {}
        for key, pool in pools.items():
            if self.chance(0.3):
                several = self.random.sample(pool, 2)
                test[key] = several if self.chance(0.4) else several[0]
        if self.chance(0.3):
            test["within"] = self.random.choice(("7 days", "1 day", "2 weeks", "30 days"))
        if self.chance(0.3):
            test["since"] = self.random.choice(("last_reply", "first_touch"))
        bounds = (0, 1, 2, 3, *(f"${name}" for name in self.parameters))
        for key in ("at_least", "at_most"):
            if self.chance(0.35):
                test[key] = self.random.choice(bounds)
        return test
