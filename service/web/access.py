"""Who may do what: a key with the right scope, or, where there are no keys, this machine alone.

The answer is given before a body is read. A service for which no key was ever made answers
callers on its own machine only: no proxy in front of it, and no page of another site in a
browser on it. What is in no list here is refused, so a new route cannot be forgotten.

Wrong keys are not counted. Behind a proxy all callers have one address, and one of them could
lock the others out; a secret of 160 bits is not found by trying.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from time import monotonic_ns
from urllib.parse import urlsplit
from wsgiref.types import WSGIEnvironment

from flask import Flask

from service.store.access.keys import Key, Scope
from service.store.access.throttle import Quota, Standing
from service.web.exchange import Exchange, current_exchange
from service.web.state import current_state

#: What the addresses of playbooks, of policies and of experiments take.
_OF_DOCUMENTS: Mapping[str, Scope] = {
    "GET {}": "read",
    "GET {}/<name>": "read",
    "POST {}/validate": "read",
    "GET {}/<name>/versions": "read",
    "GET {}/<name>/versions/<number>": "read",
    "GET {}/<name>/diff": "read",
    "GET {}/<name>/draft": "read",
    "PUT {}/<name>/draft": "edit",
    "DELETE {}/<name>/draft": "edit",
    "POST {}/<name>/publish": "publish",
    "POST {}/<name>/versions/<number>/activate": "publish",
    "POST {}/<name>/archive": "publish",
    "POST {}/<name>/unarchive": "publish",
}
#: What each address takes; None: it is open to everybody.
NEEDED: Mapping[str, Scope | None] = {
    "POST /v1/next-action": "decide",
    "POST /v1/timeline": "decide",
    "GET /v1/decisions": "read",
    "GET /v1/decisions/<decision_id>": "read",
    "POST /v1/decisions/<decision_id>/replay": "read",
    "POST /v1/outcomes": "outcomes",
    "GET /v1/outcomes": "read",
    "DELETE /v1/prospects/<any_text:prospect_id>": "admin",
    "GET /v1/audit": "admin",
    **{address.format("/v1/playbooks"): scope for address, scope in _OF_DOCUMENTS.items()},
    **{address.format("/v1/policies"): scope for address, scope in _OF_DOCUMENTS.items()},
    **{address.format("/v1/experiments"): scope for address, scope in _OF_DOCUMENTS.items()},
    "POST /v1/experiments/<name>/start": "publish",
    "POST /v1/experiments/<name>/stop": "publish",
    "POST /v1/experiments/<name>/arms/<arm>/stop": "publish",
    "POST /v1/experiments/<name>/decide": "publish",
    "GET /v1/experiments/<name>/report": "read",
    "POST /v1/experiments/plan": "read",
    "POST /v1/experiments/<name>/assignment": "decide",
    "GET /metrics": "read",
    "GET /healthz": None,
    "GET /readyz": None,
    "GET /openapi.yaml": None,
    "GET /openapi-3.0.yaml": None,
    "GET /schemas/<name>.schema.json": None,
}
_QUOTA = re.compile(r"([1-9][0-9]{0,8})/([1-9][0-9]{0,5})")
#: Headers of proxies: with one of them the caller may be anywhere.
_PASSED_ON = ("HTTP_FORWARDED", "HTTP_X_FORWARDED_FOR", "HTTP_X_REAL_IP")


class Unauthorized(Exception):  # noqa: N818 - it says what is missing
    """Nobody knows who calls."""


class Forbidden(Exception):  # noqa: N818 - it says what is missing
    """The caller is known, and may not do this."""


class QuotaUsedUp(Exception):  # noqa: N818 - a state, not a mistake
    """The caller has asked too often; `standing` says when it may again."""

    def __init__(self, standing: Standing) -> None:
        requests, seconds = standing.quota.requests, standing.quota.seconds
        quota = f"the quota is {requests:,} requests in {seconds:,} seconds"
        super().__init__(f"{quota}; ask again in {standing.more_after} s")


def read_quota(text: str) -> Quota:
    """The quota of each key, written `1000/10`: requests, and in how many seconds.

    Raises ValueError where it is not written so.
    """
    found = _QUOTA.fullmatch(text)
    if found is None:
        message = f"UNGHOST_QUOTA is `{text}`; write requests/seconds, such as 1000/10"
        raise ValueError(message)
    return Quota(int(found[1]), int(found[2]))


def install(app: Flask) -> None:
    """Have every request to `app` pass here first."""
    app.before_request(_admit)


def _admit() -> None:
    """Let the caller pass, and note who it is.

    Raises Unauthorized, Forbidden, QuotaUsedUp and DatabaseAway.
    """
    exchange = current_exchange()
    if exchange.url_rule is None or exchange.method == "OPTIONS":
        return  # nothing is behind it but what the contract tells
    method = "GET" if exchange.method == "HEAD" else exchange.method
    address = f"{method} {exchange.url_rule.rule}"
    if address in NEEDED and NEEDED[address] is None:
        return
    key = _caller(exchange)
    needed = NEEDED.get(address)
    if needed is None:
        raise Forbidden("nobody may do this")
    if key is not None and not key.may(needed):
        raise Forbidden(f"this takes a key with the scope `{needed}`")


def _caller(exchange: Exchange) -> Key | None:
    """The key of the caller, counted; None for one who needs none."""
    state = current_state()
    plain = _sent(exchange.environ)
    key = state.store.keyring.find(plain, state.clock()) if plain else None
    if key is None:
        if state.store.keyring.any_keys():
            raise Unauthorized("send a key that is in force: `Authorization: Bearer KEY`")
        if not _is_of_this_machine(exchange.environ):
            raise Unauthorized(
                "no key was made yet, so only this service's own machine is answered; "
                "`unghost keys create` makes one"
            )
        return None
    exchange.caller = key.id
    exchange.standing = state.throttle.take(key.id, monotonic_ns())
    if not exchange.standing.passes:
        raise QuotaUsedUp(exchange.standing)
    return key


def _sent(environ: WSGIEnvironment) -> str:
    """The key in the header `Authorization` (RFC 6750); empty where there is none."""
    scheme, _, plain = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    return plain.strip() if scheme.lower() == "bearer" else ""


def _is_of_this_machine(environ: WSGIEnvironment) -> bool:
    """Whether a request was sent here by a program on this machine, and passed on by nobody."""
    if not environ.keys().isdisjoint(_PASSED_ON):
        return False
    address = environ.get("REMOTE_ADDR", "")  # a Unix socket has none
    return (not address or is_loopback(address)) and not _is_of_another_site(environ)


def _is_of_another_site(environ: WSGIEnvironment) -> bool:
    """Whether a browser on this machine sends what a page from elsewhere wants sent.

    Such a page may bring its own name for 127.0.0.1 (DNS rebinding), so the name counts as well.
    """
    origin = environ.get("HTTP_ORIGIN")
    if origin is None and "HTTP_SEC_FETCH_SITE" not in environ:
        return False  # no browser
    host = environ.get("HTTP_HOST", "")
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return True
    return not is_loopback(name) or origin not in {None, f"http://{host}", f"https://{host}"}


@lru_cache(maxsize=1_000)
def is_loopback(host: str) -> bool:
    """Whether a name or an address is this machine's own and nobody else can reach it."""
    try:
        address = ip_address(host)
    except ValueError:
        return host == "localhost"
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return address.is_loopback
