"""The bytes of a request: of a declared kind, and only so many of them."""

from collections.abc import Collection
from typing import IO

from werkzeug.wsgi import get_content_length, get_input_stream

from service.web.exchange import Exchange
from service.web.strict_json import MalformedBody, parse_json

MAX_BYTES = 262_144

JSON = "application/json"


class BodyTooLarge(Exception):  # noqa: N818 - it says what was sent
    """The body has more bytes than are read."""

    def __init__(self) -> None:
        super().__init__(f"the body may have at most {MAX_BYTES:,} bytes")


class UnsupportedBody(Exception):  # noqa: N818 - it says what was sent
    """The body is of a kind that is not read here."""


def read_json(request: Exchange) -> object:
    """The body as JSON: null, booleans, numbers, texts, lists and dictionaries.

    Raises as `read_json_bytes`, and MalformedBody where it is not strict JSON.
    """
    return parse_json(read_json_bytes(request))


def read_json_bytes(request: Exchange) -> bytes:
    """The body of a request that says that it is JSON.

    Raises:
        UnsupportedBody: it is not declared as `application/json` in UTF-8.
        BodyTooLarge: it has more than `MAX_BYTES`, however it is sent.
        MalformedBody: it broke off.
    """
    require_media_type(request, (JSON,))
    return read_bytes(request)


def require_media_type(request: Exchange, allowed: Collection[str]) -> str:
    """The media type of the body, which is one of those `allowed`.

    Raises:
        UnsupportedBody: it is another, or in another character set, or compressed.
    """
    media_type: str = request.environ.get("CONTENT_TYPE", "")
    if media_type not in allowed:  # nearly all send the bare word; others are taken apart
        media_type = _media_type(request, allowed)
    encoding = request.environ.get("HTTP_CONTENT_ENCODING", "identity")
    if encoding.lower() != "identity":
        raise UnsupportedBody(f"the Content-Encoding is `{encoding}`; send the body as it is")
    return media_type


def _media_type(request: Exchange, allowed: Collection[str]) -> str:
    """The media type of a Content-Type with parameters, in capitals, or of another kind."""
    if request.mimetype not in allowed:
        found = f"`{request.mimetype}`" if request.mimetype else "missing"
        raise UnsupportedBody(f"the Content-Type is {found}; send {' or '.join(allowed)}")
    charset = request.mimetype_params.get("charset", "utf-8")
    if charset.lower() not in {"utf-8", "utf8"}:
        raise UnsupportedBody(f"the character set is `{charset}`; send UTF-8")
    return request.mimetype


def read_bytes(request: Exchange) -> bytes:
    """The body, whole; it is read once, however often it is asked for.

    Werkzeug would cut a chunked body at its limit and say nothing. So there is no limit but
    this one: where the length is not declared, one byte more is asked for than is allowed.

    Raises:
        BodyTooLarge: it has more than `MAX_BYTES`.
        MalformedBody: it ended early, or broke off.
    """
    if request.raw is None:
        request.raw = _read_all(request)
    return request.raw


def _read_all(request: Exchange) -> bytes:
    declared = get_content_length(request.environ)
    if declared is not None and declared > MAX_BYTES:
        raise BodyTooLarge
    if declared is None:
        body = _read(get_input_stream(request.environ), MAX_BYTES + 1)
    else:  # as it comes: no more is read than was declared
        body = _read(request.environ["wsgi.input"], declared)
    if len(body) > MAX_BYTES:
        raise BodyTooLarge
    if declared is not None and len(body) < declared:
        raise MalformedBody(f"the body ended after {len(body):,} of {declared:,} bytes")
    return body


def _read(stream: IO[bytes], wanted: int) -> bytes:
    """So many bytes, or fewer where the body ends before."""
    pieces: list[bytes] = []
    try:
        while wanted > 0 and (piece := stream.read(wanted)):
            pieces.append(piece)
            wanted -= len(piece)
    except Exception as error:  # every server has errors of its own for a body that breaks off
        raise MalformedBody("the body broke off while it was being read") from error
    return b"".join(pieces)
