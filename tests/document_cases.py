"""Requests that get every documented status of `/v1/playbooks` and what is kept alike.

Each case is what `client.open` takes, the parts of the address by their names, and besides:

after       requests to be made before it
is_running  the first request with its `Idempotency-Key` is still running
"""

from typing import Any

from service.store.documents.document_rows import text_digest

Case = dict[str, Any]

_JSON, _YAML = "application/json", "application/yaml"
_LARGE = {"data": b" " * 262_145, "content_type": _JSON}
#: What no body is.
BODIES: dict[str, Case] = {
    "400": {"data": b"{", "content_type": _JSON},
    "413": _LARGE,
    "415": {"data": b"{}", "content_type": "text/xml"},
}
_MISSING = {"name": "missing"}
_OTHER = {"name": "other"}
_ANY = {"headers": {"If-Match": "*"}}
_STALE = {"headers": {"If-Match": '"stale"'}}


def document_cases(at: str, name: str, text: bytes) -> dict[str, dict[str, Case]]:
    """The cases of one kind; `text` is that of `name`, which the service needs."""
    ours = {"name": name}
    return {
        f"GET {at}": {"200": {}, "422": {"query_string": "archived=maybe"}},
        f"GET {at}/{{name}}": {"200": ours, "404": _MISSING},
        f"POST {at}/validate": {**BODIES, "200": {"json": {"text": ""}}, "422": {"json": {}}},
        **_drafts(at, ours, text),
        **_versions(at, ours),
        **_publishing(at, ours, text),
    }


def _versions(at: str, ours: Case) -> dict[str, dict[str, Case]]:
    first, none = {**ours, "number": "1"}, {**ours, "number": "99"}
    return {
        f"GET {at}/{{name}}/versions": {
            "200": ours,
            "404": _MISSING,
            "422": {**ours, "query_string": "limit=0"},
        },
        f"GET {at}/{{name}}/versions/{{number}}": {"200": first, "404": none},
        f"GET {at}/{{name}}/diff": {
            "200": ours,
            "404": _MISSING,
            "422": {**ours, "query_string": "to=yesterday"},
        },
        f"POST {at}/{{name}}/versions/{{number}}/activate": {
            **_with(first, BODIES),
            "200": first,
            "404": none,
            "409": {**first, "is_running": True},
            "422": {**first, "json": {"note": 1}},
        },
    }


def _drafts(at: str, ours: Case, text: bytes) -> dict[str, dict[str, Case]]:
    draft = {**ours, "data": text, "content_type": _YAML}
    new = {"headers": {"If-None-Match": "*"}}
    other = {**_OTHER, "after": [_other(at)]}
    return {
        f"GET {at}/{{name}}/draft": {"200": ours, "404": _MISSING},
        f"PUT {at}/{{name}}/draft": {
            **_with({**ours, **_ANY}, BODIES),
            "200": {**draft, **_ANY},
            "201": {**draft, **new, "name": "new"},
            "404": {**draft, **_ANY, "name": "No Name"},
            "412": {**draft, **_STALE},
            "422": {**ours, **_ANY, "json": {}},
            "428": draft,
        },
        f"DELETE {at}/{{name}}/draft": {
            "200": {**other, **_ANY},
            "400": {**ours, "headers": {"If-Match": "bare"}},
            "404": {**_MISSING, **_ANY},
            "412": {**other, **_STALE},
            "428": ours,
        },
    }


def _publishing(at: str, ours: Case, text: bytes) -> dict[str, dict[str, Case]]:
    digest = {"json": {"digest": text_digest(text.decode())}}
    archiving = {
        "400": {**ours, "headers": {"Idempotency-Key": ""}},
        "404": _MISSING,
        "413": {**ours, **_LARGE},
    }
    return {
        f"POST {at}/{{name}}/publish": {
            **_with(ours, BODIES),
            "200": {**ours, **digest},
            "404": {**_MISSING, **digest},
            "409": {**ours, "json": {"digest": "stale"}},
            "422": {**ours, "json": {}},
        },
        f"POST {at}/{{name}}/archive": {
            **archiving,
            "200": {**_OTHER, "after": [_other(at)]},
            "409": ours,
            "422": _twice(at, "archive"),
        },
        f"POST {at}/{{name}}/unarchive": {
            **archiving,
            "200": ours,
            "409": {**ours, "is_running": True},
            "422": _twice(at, "unarchive"),
        },
    }


def _with(more: Case, cases: dict[str, Case]) -> dict[str, Case]:
    return {status: {**more, **case} for status, case in cases.items()}


def saved(at: str, name: str, text: str) -> Case:
    """A request that saves a new draft."""
    headers = {"If-None-Match": "*"}
    draft = {"method": "PUT", "path": f"{at}/{name}/draft", "headers": headers}
    return {**draft, "data": text.encode(), "content_type": _YAML}


def _other(at: str) -> Case:
    """A request after which there is a document `other`, which is but a draft."""
    return saved(at, "other", "")


def _twice(at: str, act: str) -> Case:
    """A request whose key another request had before."""
    headers = {"headers": {"Idempotency-Key": f"{at}/{act}"}}
    first = {"method": "POST", "path": f"{at}/other/{act}", "data": b"first", **headers}
    return {**_OTHER, **headers, "after": [_other(at), first]}
