"""Playbooks as they look after a hasty edit: lines and words lost, doubled and mixed up.

`python -m tests.playbook.mutations 20000 7` loads that many of them, from the given seed on,
and says what is wrong with what `load` says.
"""

import json
import random
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from service.decision import make_ready
from service.playbook import load
from service.playbook.diagnostics import Diagnostic, has_errors
from service.playbook.text.source import LINE_BREAK

ROOT = Path(__file__).parents[2]
FOLDERS = ("tests/corpus/valid", "playbooks", "tests/corpus/invalid")
#: Those that are right more often: what is wrong already hides much.
SOURCES = [
    path.read_text("utf-8")
    for folder in (*FOLDERS[:2] * 5, FOLDERS[2])
    for path in sorted((ROOT / folder).glob("*.yaml"))
    if path.stem != "not-utf8"
]
#: What only those know who know Python.
JARGON = re.compile(
    r"\bNone\b|NoneType|\bdict\b|list index|Traceback|\bTrue\b|\bFalse\b|\btuple\b|<class|\bfloat\b"
    r"|object at 0x|KeyError|Ref\(|frozenset"
)
#: Words that stand where something else should.
WORDS = (
    *("7", "-1", "0", "2.5", "1e3", "true", "false", "null", "~", "''", "word", "a word"),
    *("[]", "{}", "[any]", "[1, [2, {a: 3}]]", "{is: 3}", "{not: {not: 3}}", "{at_least: $x}"),
    *("$patience", "$seniority", "$touches", "$x", "$", "2026-11-20", "2026-02-30", "7 days"),
    *("{for: 7 days, after: $now}", "{until: $revisit_on}", "{sum: [$touches, 1]}", "c_level"),
    *("{sum: [$touches, [1]]}", "{done: {}}", "{any: []}", "stop", "email", "{{ x }}", "!!str 3"),
    *(
        "&a x",
        "*a",
        "'{{ prospect.first_name }}'",
        "|",
        ">",
        "- x",
        "9007199254740993",
        "\x07",
        "é",
    ),
    *("{contains: [email]}", "{known: 3}", "{between: [3, 1]}", "any", "{in: [$touches, vp]}"),
)
_VALUE = re.compile(r"(?<=[:,\[] )[^,:\[\]{}\n]+|(?<=\[)[^,:\[\]{}\n]+|\{[^{}\n]*\}|\[[^\[\]\n]*\]")
_NAME = re.compile(r"[A-Za-z_$-]{2,}(?=:)|\$[a-z_]+")


def mutated(text: str, chance: random.Random) -> str:
    """The text after up to three hasty edits."""
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        text = chance.choice(_EDITS)(text, chance)
    return text


def _without_a_line(text: str, chance: random.Random) -> str:
    lines = text.split("\n")
    start = chance.randrange(len(lines))
    del lines[start : start + chance.choice((1, 1, 1, 2, 5))]
    return "\n".join(lines)


def _with_a_line_twice(text: str, chance: random.Random) -> str:
    lines = text.split("\n")
    at = chance.randrange(len(lines))
    lines.insert(chance.choice((at, chance.randrange(len(lines)))), lines[at])
    return "\n".join(lines)


def _with_a_line_moved(text: str, chance: random.Random) -> str:
    lines = text.split("\n")
    at = chance.randrange(len(lines))
    lines[at] = chance.choice(("  ", " ", "    ", "- ")) + lines[at].lstrip(
        chance.choice((" ", ""))
    )
    return "\n".join(lines)


def _with_a_line_of_another(text: str, chance: random.Random) -> str:
    lines = text.split("\n")
    lines[chance.randrange(len(lines))] = chance.choice(chance.choice(SOURCES).split("\n"))
    return "\n".join(lines)


def _with_another_value(text: str, chance: random.Random) -> str:
    return _with(_VALUE, chance.choice(WORDS), text, chance)


def _with_values_swapped(text: str, chance: random.Random) -> str:
    found = [match[0] for match in _VALUE.finditer(text)]
    return _with(_VALUE, chance.choice(found), text, chance) if found else text


def _with_another_name(text: str, chance: random.Random) -> str:
    found = [match[0] for match in _NAME.finditer(text)] or ["x"]
    name = chance.choice(found)
    at = chance.randrange(len(name))
    written = chance.choice((name, name[:at] + name[at + 1 :], name[:at] + "x" + name[at:]))
    return _with(_NAME, written or "x", text, chance)


def _with_a_character(text: str, chance: random.Random) -> str:
    at = chance.randrange(len(text) + 1)
    return text[:at] + chance.choice("{}[]:,'\"#-|>$ \n\t&*!%@`\u2028") + text[at:]


def _with(pattern: re.Pattern[str], word: str, text: str, chance: random.Random) -> str:
    found = list(pattern.finditer(text))
    if not found:
        return text
    match = chance.choice(found)
    return text[: match.start()] + word + text[match.end() :]


_EDITS = (
    _without_a_line,
    _with_a_line_twice,
    _with_a_line_moved,
    _with_a_line_of_another,
    _with_another_value,
    _with_another_value,
    _with_another_value,
    _with_values_swapped,
    _with_another_name,
    _with_another_name,
    _with_a_character,
)


# ---- what must hold of whatever is said ---------------------------------------------


def faults(text: str | bytes) -> Iterator[str]:
    """What is wrong with what `load` says about a text; raises what `load` raises."""
    loaded, again = load(text), load(text)
    if loaded.diagnostics != again.diagnostics:
        yield "says something else the second time"
    if (loaded.ruleset is None) != has_errors(loaded.diagnostics):
        yield "has a ruleset and errors, or neither"
    if loaded.ruleset is not None and again.ruleset is not None:
        if loaded.ruleset.digest != again.ruleset.digest:
            yield "compiles to something else the second time"
        json.dumps(loaded.ruleset.to_json(), allow_nan=False)
    raw = text if isinstance(text, str) else text.decode("utf-8", "replace")
    lines = LINE_BREAK.split(raw.removeprefix("\ufeff"))
    for diagnostic in loaded.diagnostics:
        yield from _faults_of(diagnostic, lines)


def _faults_of(diagnostic: Diagnostic, lines: list[str]) -> Iterator[str]:
    place, said = diagnostic.place, f"{diagnostic.message} -- {diagnostic.hint}"
    if not 1 <= place.line <= len(lines) or not 1 <= place.column <= len(lines[place.line - 1]) + 1:
        yield f"points outside of the text: {place} {said}"
    if not diagnostic.message.strip():
        yield f"has no message: {diagnostic.code}"
    if jargon := JARGON.search(said):
        yield f"says {jargon[0]!r}: {said}"
    if diagnostic.message.endswith("."):
        yield f"ends in a full stop: {said}"


def main(count: int, seed: int) -> None:
    """Try `count` edits; print the first of each kind of fault with its text."""
    seen: set[str] = set()
    right = 0
    for number in range(seed, seed + count):
        chance = random.Random(number)  # noqa: S311 - not a secret
        text = mutated(chance.choice(SOURCES), chance)
        try:
            found = list(faults(text))
            ruleset = load(text).ruleset
            right += ruleset is not None
            if ruleset is not None and number % 20 == 0:
                make_ready(ruleset)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is a fault
            found = [f"raises {type(error).__name__}: {error}"]
        for fault in found:
            kind = re.sub(r"`[^`]*`|\d+", "", fault)
            if kind not in seen:
                seen.add(kind)
                sys.stdout.write(f"--- seed {number}: {fault}\n")
    sys.stdout.write(f"{count} texts, {right} of them right, {len(seen)} kinds of faults\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
