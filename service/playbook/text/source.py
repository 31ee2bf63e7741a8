"""The text of a playbook before anything is read from it: bytes, lines and characters."""

import re
from itertools import islice

from service.playbook.diagnostics import START, Diagnostic, Place

MAX_BYTES = 262_144
#: Enough to work on at once; a hostile text cannot make more.
MAX_DIAGNOSTICS = 100

LINE_BREAK = re.compile(r"\r\n|\r|\n")
# U+2028 and U+2029 are line breaks to YAML 1.1 and plain text to 1.2: neither is meant. What
# has no width, or turns the direction of the text round, hides what a name really is; the
# joiners U+200C and U+200D stay, for scripts and emoji need them.
UNPRINTABLE = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u2028-\u202e\u2060\u2066-\u2069"
    r"\ud800-\udfff\ufeff\ufffe\uffff]"
)
_A_LINES_WORTH = 40


def decoded(text: str | bytes) -> str | Diagnostic:
    """The text without its byte order mark, or why it cannot be had."""
    raw = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    if len(raw) > MAX_BYTES:
        return Diagnostic(
            "too-large",
            f"a playbook may have {MAX_BYTES:,} bytes, and this one has {len(raw):,}",
            START,
            "split it into several playbooks",
        )
    try:
        return raw.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8").removeprefix("\ufeff")
        return Diagnostic(
            "not-utf8",
            "this character is not in UTF-8",
            place_after(before),
            "save the file with the encoding UTF-8",
        )


def unprintable(text: str) -> tuple[Diagnostic, ...]:
    """One diagnostic for each invisible character, as far as `MAX_DIAGNOSTICS`."""
    if not UNPRINTABLE.search(text):
        return ()
    found = (
        control_character(match[0], Place(number, match.start() + 1))
        for number, line in enumerate(LINE_BREAK.split(text), start=1)
        for match in UNPRINTABLE.finditer(line)
    )
    return tuple(islice(found, MAX_DIAGNOSTICS))


def control_character(character: str, place: Place) -> Diagnostic:
    """The diagnostic for one invisible character."""
    return Diagnostic(
        "control-character",
        f"an invisible character (U+{ord(character):04X}) is in the text",
        place,
        "delete it and type the text anew; pasted text often brings such characters",
    )


def place_after(text: str) -> Place:
    """The place of the character that follows `text`."""
    lines = LINE_BREAK.split(text)
    return Place(len(lines), len(lines[-1]) + 1)


def shortened(text: str) -> str:
    """The text as a message can quote it: one line's worth, without line breaks."""
    text = " ".join(text.split())
    return text if len(text) <= _A_LINES_WORTH else text[: _A_LINES_WORTH - 1] + "…"
