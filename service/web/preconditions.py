"""`If-Match` and `If-None-Match`: which text a change takes the place of (RFC 9110, 13.1).

The entity tag of a text is its digest in quotes; the bare digest is understood as well.
"""

import re

from service.store.documents.drafts import Conflict
from service.web.exchange import Exchange

_TAG = re.compile(
    r'[ \t]*(?:(?P<weak>W/)?"(?P<quoted>[!#-~\x80-\xff]*)"|(?P<bare>sha256:[0-9a-f]{64}))[ \t]*'
)


class BadPrecondition(ValueError):  # noqa: N818 - it says what was sent
    """An `If-Match` or `If-None-Match` that says nothing here; the message says why."""


class NoPrecondition(Exception):  # noqa: N818 - it says what was not sent
    """A change that does not say which text it takes the place of."""

    def __init__(self) -> None:
        super().__init__(
            "say which text this takes the place of: send its `ETag` in `If-Match`, "
            "or `If-None-Match: *` where there is none yet"
        )


class AnotherText(Conflict):
    """The text that a body names by its digest is not the one that is there."""


def entity_tag(digest: str) -> str:
    """A digest as `ETag` has it."""
    return f'"{digest}"'


def is_for_nothing(request: Exchange) -> bool:
    """Whether it has `If-None-Match: *`: there must be nothing yet.

    Raises:
        BadPrecondition: it has `If-Match` too, or says anything else.
    """
    header = request.environ.get("HTTP_IF_NONE_MATCH")
    if header is None:
        return False
    if header.strip() != "*" or "HTTP_IF_MATCH" in request.environ:
        raise BadPrecondition("`If-None-Match` can only be `*` here, and without `If-Match`")
    return True


def digest_matched(request: Exchange, present: str | None) -> str:
    """The digest in `If-Match`: of several the one that is there, and that for `*` too.

    Where none is there, it is one that nothing has.

    Args:
        request: whose headers are read.
        present: the digest of the text that is there; None where there is none.

    Raises:
        NoPrecondition: there is no `If-Match`.
        BadPrecondition: it holds no strong entity tag.
    """
    header = request.environ.get("HTTP_IF_MATCH")
    if header is None:
        raise NoPrecondition
    if header.strip() == "*":
        return present or "*"
    digests = _strong(header)
    return present if present in digests else digests[0]


def _strong(header: str) -> list[str]:
    """The digests of all strong tags; a weak one never matches (RFC 9110, 13.1.1)."""
    found: list[str] = []
    place = 0
    while tag := _TAG.match(header, place):
        found += [] if tag["weak"] else [tag["quoted"] or tag["bare"] or ""]
        place = tag.end() + 1
        if header[tag.end() : place] != ",":
            break
    if place <= len(header):
        raise BadPrecondition("`If-Match` holds entity tags in quotes, with commas between, or `*`")
    if not found:
        raise BadPrecondition("`If-Match` holds weak tags only, and those never match here")
    return found
