"""Playbooks that mean harm: for each a name, the text, and what must be said about it.

`None` means that it loads. All are made here; written out they would fill a megabyte. The
largest that load are in `largest.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

HEAD = "playbook: hostile\ntitle: Hostile\nabout: It means harm.\n"
TAIL = "otherwise: {action: wait, because: Nothing fits.}\n"


@dataclass(frozen=True)
class Hostile:
    """A text, and the code of a diagnostic that it must get; none where it must load."""

    text: str | bytes
    code: str | None


def play(condition: str = "{ever_replied: true}", do: str = "stop") -> str:
    """One play."""
    return f"plays:\n  - {{rule: one, when: {condition}, do: {do}, because: Why not.}}\n"


def template(body: str, condition: str = "{ever_replied: true}") -> str:
    """A playbook whose only play sends one message."""
    lines = "".join(f"      {line}\n" for line in body.split("\n"))
    do = "{action: reopen, channel: email, template: bomb}"
    message = f"templates:\n  bomb:\n    subject: Boom\n    body: |\n{lines}"
    return HEAD + play(condition, do) + message + TAIL


# ---- what YAML can do ---------------------------------------------------------------

_NINE = ", ".join(["*b"] * 9)
_LAUGHS = "a0: &a0 [lol]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)
)
_MERGES = "m0: &m0 {x: 1}\n" + "".join(
    f"m{n}: &m{n} {{<<: [*m{n - 1}, *m{n - 1}]}}\n" for n in range(1, 26)
)

YAML = {
    "alias bomb": Hostile(HEAD + _LAUGHS, "alias"),
    "merge bomb": Hostile(HEAD + _MERGES, "merge-key"),
    "an alias of what is around it": Hostile(HEAD + "plays: &p [*p]\n", "alias"),
    "1,000 lists in each other": Hostile(HEAD + "plays: " + "[" * 1_000, "too-deep"),
    "100,000 lists in each other": Hostile(HEAD + "plays: " + "[" * 100_000, "too-deep"),
    "100,000 groups in each other": Hostile(HEAD + "plays: " + "{a: " * 60_000, "too-deep"),
    "300 levels of indent": Hostile(
        HEAD + "".join(" " * n + "a:\n" for n in range(300)), "too-deep"
    ),
    "500 dashes in each other": Hostile(HEAD + "plays:\n  " + "- " * 500 + "a\n", "too-deep"),
    "keys in keys": Hostile("? " * 10_000 + "a\n", "too-deep"),
    "a scalar of 200,000 characters": Hostile(HEAD + "x: " + "a" * 200_000, "value-too-long"),
    "a name of 200,000 characters": Hostile(HEAD + "a" * 200_000 + ": 1\n", "yaml-syntax"),
    "a name of 1,000 characters": Hostile(HEAD + "a" * 1_000 + ": 1\n", "unknown-key"),
    "20,001 values": Hostile(HEAD + "plays: [" + "1, " * 20_001 + "]\n", "too-many-nodes"),
    "200,000 line breaks": Hostile(HEAD + "\n" * 200_000 + TAIL, None),
    "200,000 comment signs": Hostile(HEAD + "#" * 200_000 + "\n" + play() + TAIL, None),
    "200,000 quotes": Hostile(HEAD + "x: '" + "''" * 100_000, "yaml-syntax"),
    "50,000 documents": Hostile("---\n" * 50_000, "many-documents"),
    "two documents": Hostile(HEAD + TAIL + "---\n" + HEAD + TAIL, "many-documents"),
    "a tag that makes an object": Hostile(HEAD + "x: !!python/object/apply:os.abort []\n", "tag"),
    "a tag of one's own": Hostile(HEAD + "x: !" + "a" * 5_000 + " b\n", "tag"),
    "a binary tag": Hostile(HEAD + "x: !!binary AAAA\n", "tag"),
    "20,000 tags": Hostile(HEAD + "plays: [" + "!t 1, " * 15_000 + "]\n", "tag"),
    "a tag directive": Hostile("%TAG ! tag:evil,2000:\n---\nx: !a b\n", "tag"),
    "100,000 colons": Hostile(HEAD + ": " * 100_000, "yaml-syntax"),
    "a group for a name": Hostile(HEAD + "? {a: [b]}\n: 1\n", "key-not-text"),
    "a list, not a playbook": Hostile("- " * 20 + "a", "not-a-mapping"),
    "nothing": Hostile("", "empty-playbook"),
    "more than there may be": Hostile(b"a" * 262_145, "too-large"),
}

# ---- characters ---------------------------------------------------------------------

_RTL = HEAD.replace("Hostile", "\u202eelitsoH\u202c")
_ZALGO = HEAD.replace("Hostile", "H" + "\u0301\u0336" * 90)

CHARACTERS = {
    "U+0000": Hostile(HEAD + "x: a\0b\n", "control-character"),
    "an escaped U+0000": Hostile(HEAD + 'x: "a\\0b"\n', "control-character"),
    "200,000 times U+0000": Hostile("\0" * 200_000, "control-character"),
    "half a pair": Hostile(HEAD + "x: \ud800\n", "not-utf8"),
    "half an escaped pair": Hostile(HEAD + 'x: "\\ud800"\n', "yaml-syntax"),
    "not UTF-8": Hostile(b"playbook: \xff\xfe\n", "not-utf8"),
    "UTF-16": Hostile(HEAD.encode("utf-16"), "not-utf8"),
    "UTF-8 that is too long": Hostile(b"playbook: \xc0\xaf\n", "not-utf8"),
    "beyond Unicode": Hostile(HEAD + 'x: "\\U00110000"\n', "yaml-syntax"),
    "a byte order mark inside": Hostile(HEAD + "x: a\ufeffb\n", "control-character"),
    "letters from right to left": Hostile(_RTL + play() + TAIL, "control-character"),
    "180 marks on one letter": Hostile(_ZALGO + play() + TAIL, None),
    "60,000 marks on one letter": Hostile(HEAD + "x: H" + "\u0301" * 60_000, "value-too-long"),
    "a name without width": Hostile(HEAD + "pl\u200bays: []\n" + TAIL, "control-character"),
    "a name that looks like another": Hostile(HEAD + "\u0440lays: []\n" + TAIL, "unknown-key"),
    "digits of another script": Hostile(
        HEAD + "parameters: {p: {value: ٣, title: P}}\n" + TAIL, "wrong-type"
    ),
    "line separators": Hostile(HEAD + "x: a\u2028b\n", "control-character"),
    "carriage returns": Hostile(HEAD.replace("\n", "\r") + "x: 1\r", "unknown-key"),
}

# ---- numbers, waits, windows --------------------------------------------------------


def _wait(text: str) -> Hostile:
    do = f"{{action: reopen, channel: email, wait: {text}}}"
    return Hostile(HEAD + play(do=do) + TAIL, "bad-format")


def _window(text: str, code: str = "bad-format") -> Hostile:
    do = "{action: reopen, channel: email, window: w}"
    return Hostile(f"{HEAD}windows: {{w: {text}}}\n" + play(do=do) + TAIL, code)


NUMBERS = {
    "5,000 digits": Hostile(HEAD + play(f"{{attempts: {'9' * 5_000}}}") + TAIL, "number-too-large"),
    "8,000 hexadecimal digits": Hostile(
        HEAD + play(f"{{attempts: 0x{'f' * 8_000}}}") + TAIL, "number-too-large"
    ),
    "beyond 2^53": Hostile(HEAD + play(f"{{attempts: {2**53 + 1}}}") + TAIL, "number-too-large"),
    "infinity": Hostile(HEAD + play("{attempts: .inf}") + TAIL, "not-a-number"),
    "not a number": Hostile(HEAD + play("{attempts: .nan}") + TAIL, "not-a-number"),
    "1e400": Hostile(HEAD + play("{attempts: 1e400}") + TAIL, "number-too-large"),
    "1e-400": Hostile(HEAD + play("{attempts: 1e-400}") + TAIL, "type-mismatch"),
    "sexagesimal": Hostile(HEAD + play("{attempts: " + "1:" * 4_000 + "1}"), "type-mismatch"),
    "a wait of 9 digits": _wait("999999999 days"),
    "a wait of 8,000 digits": _wait("9" * 8_000 + " days"),
    "a wait below nothing": _wait("-1 days"),
    "a wait that is no number": _wait("1e5 days"),
    "a wait in words": _wait("7 " + "d" * 8_000),
    "a wait of 4,000 blanks": _wait("7" + " " * 4_000 + "x"),
    "a window of no time": _window('{hours: "09:00-09:00"}', "bad-hours"),
    "a window at hour 99": _window('{hours: "99:00-99:99"}'),
    "a window of 2,000 ranges": _window(
        '{hours: ["09:00-10:00"' + ', "09:00-10:00"' * 1_999 + "]}", "too-many"
    ),
    "a window on 1,000 days": _window("{days: [mon" + ", mon" * 999 + "]}", "too-many"),
    "a window of 8,000 characters": _window(f'{{hours: "{"0" * 8_000}"}}'),
}

# ---- Liquid -------------------------------------------------------------------------

_LOOPS = "{% for a in prospect.open_questions %}" * 20 + "x" + "{% endfor %}" * 20
_IFS = "{% if prospect.first_name %}" * 200 + "x" + "{% endif %}" * 200

LIQUID = {
    "a loop over a thousand million": Hostile(
        template("{% for i in (1..1000000000) %}x{% endfor %}"), "template-syntax"
    ),
    "loops in loops": Hostile(template(_LOOPS), "template-syntax"),
    "200 tests in each other": Hostile(template(_IFS), "template-syntax"),
    "texts that double": Hostile(
        template("{% assign a = 'xx' %}" + "{% assign a = a | append: a %}" * 60 + "{{ a }}"),
        "template-tag",
    ),
    "a text inside itself": Hostile(template("{% include 'bomb' %}"), "template-tag"),
    "2,000 openings": Hostile(template("{{" * 2_000), "template-syntax"),
    "2,000 brackets": Hostile(template("{{ a" + "[0" * 2_000 + "}}"), "template-syntax"),
    "2,000 filters": Hostile(
        template("{{ prospect.id" + " | upcase" * 800 + " }}"), "template-syntax"
    ),
    "a table row": Hostile(
        template("{% tablerow i in (1..99999999) %}x{% endtablerow %}"), "template-tag"
    ),
    "a width of a thousand million": Hostile(
        template("{{ prospect.id | truncate: 1000000000 }}"), "variable-may-be-missing"
    ),
    "an attribute of Python": Hostile(
        template("{{ prospect.__class__.__mro__ }}"), "unknown-variable"
    ),
    "raw without an end": Hostile(template("{% raw %}" * 500), "template-tag"),
    "a comment without an end": Hostile(template("{% comment %}" * 500), "template-syntax"),
    "a number of 5,000 digits": Hostile(
        template("{{ prospect.attempts | plus: " + "9" * 5_000 + " }}"), "template-syntax"
    ),
}

HOSTILE: Mapping[str, Hostile] = {**YAML, **CHARACTERS, **NUMBERS, **LIQUID}
