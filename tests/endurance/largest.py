"""The largest playbooks that load, or nearly: each the worst case of something.

As in `hostile.py`, each has a name, a text, and the code that must be said about it; `None`
means that it loads.
"""

from collections.abc import Mapping

from tests.endurance.hostile import HEAD, TAIL, Hostile

_COUNTS = "facts:\n" + "".join(f"  a{n}: {{type: integer, title: A}}\n" for n in range(200))


def _plays(count: int, condition: str = "{{a{n}: {m}}}") -> str:
    """So many plays, each with a condition of its own; `n` and `m` together are its number."""
    lines = (
        f"  - {{rule: r{number}, do: {{action: reopen}}, because: B, when: "
        + condition.format(n=number % 200, m=number // 200, k=(number * 7 + 5) % 200)
        + "}\n"
        for number in range(count)
    )
    return "plays:\n" + "".join(lines)


def _table(rows: int, columns: int, hit: str, cell: str = "{n}", value: str = "{r}") -> str:
    """A table; `n` in a cell differs from row to row in one of the columns, `r` is the row."""
    inputs = ", ".join(f"a{n}" for n in range(columns))
    lines = []
    for row in range(rows):
        cells = [cell.format(n=(row >> 5 * column) % 32, r=row) for column in range(columns)]
        lines.append(f"    - [{', '.join([*cells, value.format(r=row)])}]\n")
    return (
        f"tables:\n- table: big\n  inputs: [{inputs}]\n  output: worth\n  hit: {hit}\n"
        f"  because: B\n  rows:\n{''.join(lines)}"
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
        f"  - {{example: e{n}, history: [{history}], as_of: 2026-11-20,"
        " expect: {action: stop}}\n"
        for n in range(count)
    )


def _places(count: int) -> str:
    """The longest wait that there is, counted in the holidays of so many places."""
    play = "{action: reopen, channel: email, wait: $p}"
    countries = [first + second for first in "ABCDEFGILMNPRSTUZ" for second in "ADEGILMNORSTUZ"]
    return (
        "parameters: {p: {value: 100000, unit: business_days, title: P}}\n"
        f"plays:\n  - {{rule: one, do: {play}, because: B}}\nexamples:\n"
    ) + "".join(
        f"  - {{example: e{n}, prospect: {{country: {country}}}, as_of: 2026-11-20,"
        " history: [{days_ago: 3, email: follow_up}], expect: {action: reopen}}\n"
        for n, country in enumerate(countries[:count])
    )


_IF = "{% if prospect.first_name %}" * 9 + "x" + "{% endif %}" * 9
_NAME = "{{ prospect.first_name | default: 'x' }}"

LARGEST: Mapping[str, Hostile] = {
    "10,000 rules": Hostile(HEAD + _COUNTS + _plays(10_000, "{{}}"), "too-large"),
    "3,200 rules": Hostile(HEAD + _COUNTS + _plays(3_200) + TAIL, "too-many-nodes"),
    "1,200 rules": Hostile(HEAD + _COUNTS + _plays(1_200) + TAIL, "too-many"),
    "500 plays": Hostile(HEAD + _COUNTS + _plays(500) + TAIL, None),
    "400 plays, each with several tests": Hostile(
        HEAD + _COUNTS + _plays(400, "{{a{n}: {m}, a{k}: [1, 2]}}") + TAIL, None
    ),
    "500 plays with a choice of facts": Hostile(
        HEAD + _COUNTS + _plays(500, "{{any: [{{a{n}: {m}}}, {{a{k}: {m}}}]}}") + TAIL,
        "play-never-wins",
    ),
    "950 rows, first": Hostile(HEAD + _COUNTS + _table(950, 4, "first") + _USES + TAIL, None),
    "950 rows, unique": Hostile(HEAD + _COUNTS + _table(950, 4, "unique") + _USES + TAIL, None),
    "950 rows, collect": Hostile(
        HEAD + _COUNTS + _table(950, 4, "collect", value="w{r}") + _USES + TAIL, None
    ),
    "200 rows of 20 columns": Hostile(
        HEAD + _COUNTS + _table(199, 20, "first") + _USES + TAIL, None
    ),
    "150 rows of ranges, unique": Hostile(
        HEAD + _COUNTS + _table(150, 8, "unique", "{{at_least: {n}}}") + _USES + TAIL,
        "overlapping-rows",
    ),
    "450 rows of 10 columns": Hostile(
        HEAD + _COUNTS + _table(450, 10, "first") + _USES + TAIL, "engine-limit"
    ),
    "5,000 rows": Hostile(HEAD + _COUNTS + _table(5_000, 2, "first") + TAIL, "too-many-nodes"),
    "38 conclusions, one on another": Hostile(HEAD + _chain(38) + TAIL, None),
    "500 conclusions, one on another": Hostile(HEAD + _chain(500) + TAIL, "engine-limit"),
    "tangled plays": Hostile(HEAD + _COUNTS + _tangled(30, 30) + TAIL, None),
    "200 templates": Hostile(HEAD + _templates(200, _IF) + TAIL, None),
    "24 templates of 8,000 characters": Hostile(
        HEAD + _templates(24, _NAME.replace("'", "''") * 200) + TAIL, None
    ),
    "500 examples": Hostile(HEAD + _COUNTS + _plays(200) + TAIL + _examples(500, 2), None),
    "50 examples of 40 touches": Hostile(
        HEAD + _COUNTS + _plays(200) + TAIL + _examples(50, 40), None
    ),
    "the longest wait in 15 places": Hostile(HEAD + _places(15), None),
    "the largest comment": Hostile(HEAD + TAIL + "#" * (262_144 - len(HEAD + TAIL)), None),
}
