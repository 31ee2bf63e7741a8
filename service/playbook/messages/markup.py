"""Where the markup of a template stands, and what is wrong with it before Liquid reads it.

Two reasons to look first. A manager is told plainly which tag is never closed; and Liquid's
own reading takes quadratic time over markup that does not end, so it never sees any.
"""

import re
from dataclasses import dataclass

from service.playbook.diagnostics import did_you_mean

LONGEST_SOURCE = 8_192
LONGEST_MARKUP = 500
DEEPEST_BLOCK = 10

#: The tags that open a block, with the tag that closes it.
CLOSING = {
    "if": "endif",
    "unless": "endunless",
    "case": "endcase",
    "for": "endfor",
    "comment": "endcomment",
}
#: The tags that divide a block, with the blocks they can stand in.
DIVIDING = {
    "elsif": frozenset({"if", "unless"}),
    "else": frozenset({"if", "unless", "case", "for"}),
    "when": frozenset({"case"}),
}
_TAGS = frozenset({*CLOSING, *CLOSING.values(), *DIVIDING})
_OPENING = {closing: opening for opening, closing in CLOSING.items()}

_ENDS = {"{{": "}}", "{%": "%}"}
_BEGIN = re.compile(r"\{\{|\{%")
_STRAY = re.compile(r"\}\}|%\}")
_NAME = re.compile(r"\{%-?\s*(#|\w+)?")


@dataclass(frozen=True)
class Fault:
    """One mistake in a template's text, `offset` characters from its beginning."""

    code: str
    message: str
    offset: int
    hint: str = ""


@dataclass(frozen=True)
class Markup:
    """One `{{ ... }}` (no `tag`) or `{% tag ... %}`, from `start` until before `end`."""

    start: int
    end: int
    tag: str | None


@dataclass
class _Block:
    markup: Markup
    has_else: bool = False


def syntax(message: str, offset: int, hint: str = "") -> Fault:
    """The fault of a text that cannot be read."""
    return Fault("template-syntax", message, offset, hint)


def scan(source: str) -> tuple[tuple[Markup, ...], tuple[Fault, ...]]:
    """All markup of a template in order, and every fault in how it is put together."""
    if len(source) > LONGEST_SOURCE:
        message = f"the text has {len(source)} characters, and can have at most {LONGEST_SOURCE}"
        return (), (syntax(message, 0, "write less, or make two templates of it"),)
    pieces: list[Markup] = []
    faults: list[Fault] = []
    at = 0
    while begin := _BEGIN.search(source, at):
        faults += _strays(source, at, begin.start())
        piece = _piece(source, begin)
        if isinstance(piece, Fault):
            return (), (*faults, piece)  # where the next one begins is anybody's guess
        pieces.append(piece)
        at = piece.end
    faults += _strays(source, at, len(source))
    faults += _tag_faults(source, pieces)
    return tuple(pieces), tuple(sorted(faults, key=lambda fault: fault.offset))


def _strays(source: str, start: int, end: int) -> list[Fault]:
    return [
        syntax(
            f"`{stray[0]}` closes nothing",
            stray.start(),
            "a variable is written `{{ prospect.first_name }}`, with two braces on both sides",
        )
        for stray in _STRAY.finditer(source, start, end)
    ]


def _piece(source: str, begin: re.Match[str]) -> Markup | Fault:
    start, opening = begin.start(), begin[0]
    closing = _ENDS[opening]
    end = source.find(closing, begin.end())
    if end < 0:
        return syntax(f"`{opening}` is never closed", start, f"put `{closing}` at its end")
    end += len(closing)
    if end - start > LONGEST_MARKUP:
        message = f"what begins here is longer than {LONGEST_MARKUP} characters"
        return syntax(message, start, f"is a `{closing}` missing?")
    if opening == "{{":
        return Markup(start, end, None)
    name = _NAME.match(source, start, end - len(closing))
    return Markup(start, end, (name[1] if name else None) or "")


def _tag_faults(source: str, pieces: list[Markup]) -> list[Fault]:
    """Faults in the tags: unknown ones, and blocks that do not open and close in turn."""
    faults: list[Fault] = []
    blocks: list[_Block] = []
    for piece in pieces:
        if piece.tag is None:
            continue
        if piece.tag not in _TAGS:
            faults.append(_unknown_tag(source, piece))
        elif fault := _step(blocks, piece, piece.tag):
            faults.append(fault)
    faults += [
        syntax(
            f"`{{% {block.markup.tag} %}}` is never closed",
            block.markup.start,
            f"put `{{% {CLOSING[block.markup.tag or '']} %}}` where it ends",
        )
        for block in blocks
    ]
    return faults


def _unknown_tag(source: str, piece: Markup) -> Fault:
    if not piece.tag:
        return syntax(f"`{source[piece.start : piece.end]}` names no tag", piece.start)
    hint = did_you_mean(piece.tag, _TAGS) or "templates can use if, unless, case, for and comment"
    return Fault("template-tag", f"templates cannot use `{piece.tag}`", piece.start, hint)


def _step(blocks: list[_Block], piece: Markup, tag: str) -> Fault | None:
    """Take the next tag into the open `blocks`; the fault if it cannot stand there."""
    inner = blocks[-1] if blocks else None
    within = inner.markup.tag if inner else None
    if within == "comment" and tag not in {"comment", "endcomment"}:
        return None
    if tag in CLOSING:
        blocks.append(_Block(piece))
        return _too_deep(piece) if len(blocks) == DEEPEST_BLOCK + 1 else None
    if tag in DIVIDING:
        return _divide(inner, piece, tag)
    if within != _OPENING[tag]:
        return _out_of_turn(inner, piece, tag)
    blocks.pop()
    return None


def _too_deep(piece: Markup) -> Fault:
    return syntax(
        f"blocks stand more than {DEEPEST_BLOCK} deep in each other here",
        piece.start,
        "make several templates of it, and let the playbook choose",
    )


def _divide(inner: _Block | None, piece: Markup, tag: str) -> Fault | None:
    if inner is None or inner.markup.tag not in DIVIDING[tag]:
        places = ", ".join(f"`{{% {name} %}}`" for name in sorted(DIVIDING[tag]))
        return syntax(f"`{tag}` cannot stand here", piece.start, f"it belongs inside {places}")
    if inner.has_else:
        return syntax(
            f"this `{tag}` comes after the `else`", piece.start, "`else` is the last, and the only"
        )
    inner.has_else = tag == "else"
    return None


def _out_of_turn(inner: _Block | None, piece: Markup, tag: str) -> Fault:
    if inner is None:
        return syntax(
            f"`{{% {tag} %}}` closes nothing",
            piece.start,
            f"is a `{{% {_OPENING[tag]} %}}` missing before it?",
        )
    closing = CLOSING[inner.markup.tag or ""]
    return syntax(
        f"`{{% {tag} %}}` comes while `{{% {inner.markup.tag} %}}` is open",
        piece.start,
        f"put `{{% {closing} %}}` before it",
    )
