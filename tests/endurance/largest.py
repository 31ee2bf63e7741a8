"""The largest playbooks that load, or nearly: each the worst case of something.

As in `hostile.py`, each has a name, a text, and the code that must be said about it; `None`
means that it loads.
"""

from collections.abc import Mapping

from tests.endurance.hostile import HEAD, TAIL, Hostile

_FLAGS = "facts:\n" + "".join(f"  a{n}: {{type: boolean, title: A}}\n" for n in range(200))
_COUNTS = "facts:\n" + "".join(f"  a{n}: {{type: integer, title: A}}\n" for n in range(200))


def _plays(count: int, condition: str = "{{a{n}: true}}", first: str = "") -> str:
    """So many plays, each with a condition of its own; `{n}` is its number."""
    lines = (
        f"  - {{rule: r{n}, when: {_numbered(condition, n)}, do: {{action: reopen}}, because: B}}\n"
        for n in range(count)
    )
    return "plays:\n" + first + "".join(lines)


def _numbered(condition: str, number: int) -> str:
    return condition.format(n=number % 200, m=number // 200, k=(number * 7 + 5) % 200)


def _table(rows: int, columns: int, hit: str, cell: str) -> str:
    inputs = ", ".join(f"a{n}" for n in range(columns))
    lines = "".join(
        "    - [" + ", ".join(cell.format(n=(row >> c) % 2, r=row) for c in range(columns))
        + f", {row}]\n"
        for row in range(rows)
    )
    return (
        f"tables:\n- table: big\n  inputs: [{inputs}]\n  output: worth\n  hit: {hit}\n"
        f"  because: B\n  rows:\n{lines}"
    )


_USES = "plays:\n  - {rule: one, when: {worth: {known: true}}, do: stop, because: B}\n"


def _chain(length: int) -> str:
    """Conclusions that each need the one before."""
    first = "conclude:\n  - {rule: c0, when: {ever_replied: true}, then: {b0: true}, because: B}\n"
    lines = (
        f"  - {{rule: c{n}, when: {{b{n - 1}: true}}, then: {{b{n}: true}}, because: B}}\n"
        for n in range(1, length)
    )
    use = f"plays:\n  - {{rule: one, when: {{b{length - 1}: true}}, do: stop, because: B}}\n"
    return first + "".join(lines) + use


def _tangled(plays: int, tests: int) -> str:
    """Plays whose conditions compare facts with facts, in many ways at once."""
    lines = []
    for n in range(plays):
        parts = (
            f"{{any: [{{a{(n + m) % 200}: $a{(n * 7 + m * 5 + 3) % 200}}}, "
            f"{{a{(n * 11 + m) % 200}: {{at_least: {m}}}}}]}}"
            for m in range(tests)
        )
        lines.append(
            f"  - {{rule: t{n}, when: {{all: [{', '.join(parts)}]}}, "
            "do: {action: reopen}, because: B}\n"
        )
    return "plays:\n" + "".join(lines)


def _templates(count: int, body: str) -> str:
    texts = "".join(f"  t{n}: {{subject: S, body: '{body}'}}\n" for n in range(count))
    plays = "".join(
        f"  - {{rule: r{n}, when: {{attempts: {n}}}, because: B,"
        f" do: {{action: reopen, channel: email, template: t{n}}}}}\n"
        for n in range(count)
    )
    return "plays:\n" + plays + "templates:\n" + texts


def _examples(count: int, touches: int) -> str:
    history = ", ".join(["{days_ago: 9, email: follow_up}"] * touches)
    return "examples:\n" + "".join(
        f"  - {{example: e{n}, history: [{history}], as_of: 2026-11-20, expect: {{action: stop}}}}\n"
        for n in range(count)
    )


_IF = "{% if prospect.first_name %}" * 9 + "x" + "{% endif %}" * 9

LARGEST: Mapping[str, Hostile] = {
    "10,000 rules": Hostile(HEAD + _FLAGS + _plays(3_200) + TAIL, "too-many-nodes"),
    "500 plays": Hostile(HEAD + _FLAGS + _plays(500, "{{a{n}: true, a{k}: false}}") + TAIL, None),
    "500 plays, each with four tests": Hostile(
        HEAD + _COUNTS + _plays(500, "{{a{n}: {{at_least: {m}, at_most: 9}}, a{k}: [1, 2]}}") + TAIL,
        None,
    ),
    "500 plays with a choice of facts": Hostile(
        HEAD + _COUNTS + _plays(500, "{{any: [{{a{n}: {m}}}, {{a{k}: {m}}}]}}") + TAIL, None
    ),
    "900 rows, first": Hostile(
        HEAD + _COUNTS + _table(900, 10, "first", "{n}") + _USES + TAIL, None
    ),
    "900 rows, unique": Hostile(
        HEAD + _COUNTS + _table(900, 10, "unique", "{n}") + _USES + TAIL, None
    ),
    "400 rows of ranges, unique": Hostile(
        HEAD + _COUNTS + _table(400, 8, "unique", "{{at_least: {n}}}") + _USES + TAIL, None
    ),
    "900 rows, collect": Hostile(
        HEAD + _COUNTS + _table(900, 10, "collect", "{n}") + _USES + TAIL, None
    ),
    "a table of 18,000 cells": Hostile(
        HEAD + _COUNTS + _table(600, 28, "first", "{n}") + _USES + TAIL, None
    ),
    "5,000 rows": Hostile(HEAD + _COUNTS + _table(5_000, 2, "first", "{r}") + _USES + TAIL, None),
    "39 conclusions, one on another": Hostile(HEAD + _chain(38) + TAIL, None),
    "500 conclusions, one on another": Hostile(HEAD + _chain(500) + TAIL, "engine-limit"),
    "30 tangled plays": Hostile(HEAD + _COUNTS + _tangled(30, 30) + TAIL, None),
    "100 tangled plays": Hostile(HEAD + _COUNTS + _tangled(100, 10) + TAIL, None),
    "200 templates": Hostile(HEAD + _templates(200, _IF) + TAIL, None),
    "28 templates of 8,000 characters": Hostile(
        HEAD + _templates(28, "{{ prospect.first_name | default: parameters }}" * 160) + TAIL, None
    ),
    "500 examples": Hostile(HEAD + _FLAGS + _plays(200) + TAIL + _examples(500, 2), None),
    "100 examples of 40 touches": Hostile(
        HEAD + _FLAGS + _plays(400) + TAIL + _examples(100, 40), None
    ),
}
