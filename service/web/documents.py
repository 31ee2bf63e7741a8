"""Playbooks, policies and experiments alike: which there are, their versions, what changed."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Response

from service.store.documents.differences import compare_texts
from service.store.documents.document_rows import Kind, Missing, Version
from service.store.documents.documents import Document
from service.store.in_force.playbooks import Published
from service.store.in_force.snapshot import Key, Made, PublishedPolicy
from service.store.ledger.pages import USUAL
from service.web.answers import json_answer
from service.web.queries import LIMIT, one_of, read_query, whole_number
from service.web.state import NotReady, current_state
from service.web.validation import text_answer

#: What the parts of addresses and of answers are called.
PLURALS: Mapping[Kind, str] = {
    "playbook": "playbooks",
    "policy": "policies",
    "experiment": "experiments",
}
#: What a list tells of one that is in force, from what was made of a version; None: nothing.
InShort = Callable[[Key, Made, Document], Mapping[str, object] | None]

_DRAFT = "draft"
_LARGEST = 999_999_999
_NUMBER = whole_number(1, _LARGEST)


def list_documents(kind: Kind, in_short: InShort, **first: str) -> Response:
    """Everything in force, what this release cannot load, and what is not in force.

    Args:
        kind: what is listed.
        in_short: one that is in force, as it is shown.
        first: what the answer says before the list.
    """
    with_archived = read_query({"archived": one_of(("true", "false"))}).get("archived") == "true"
    snapshot = current_state().store.in_force.now()
    if snapshot.generation is None:
        raise NotReady("nothing is in force yet")
    there = documents_of(kind)
    published, unusable = [], []
    for key, made in sorted(snapshot.made.items(), key=lambda each: each[0]):
        if key.kind != kind or key.name not in there:
            continue
        if isinstance(made, tuple):
            found = [diagnostic.to_json() for diagnostic in made]
            unusable.append({"name": key.name, "version": key.number, "diagnostics": found})
        elif shown := in_short(key, made, there[key.name]):
            published.append(shown)
    archived = [each for each in there.values() if each.archived_at]
    unpublished = [each for each in there.values() if each.active is None and not each.archived_at]
    return json_answer(
        {
            **first,
            PLURALS[kind]: published,
            "unusable": unusable,
            "unpublished": [_standing(each) for each in unpublished],
            "archived": [_standing(each) for each in archived] if with_archived else [],
        }
    )


def as_in_force(_key: Key, made: Made, document: Document) -> Mapping[str, object] | None:
    """A playbook or policy in force, in short, and what may change while it stays so."""
    if not isinstance(made, Published | PublishedPolicy):
        return None
    return {**summary(made), **changing(document)}


def summary(published: Published | PublishedPolicy) -> dict[str, object]:
    """A playbook or policy in force, in short."""
    return {
        "name": published.name,
        "title": published.title,
        "about": published.about,
        "version": published.version,
        "digest": published.digest,
    }


def standing(kind: Kind, name: str) -> dict[str, object]:
    """What there is of a document; of one that is gone only its name."""
    gone = Document(kind, name, *[None] * 6)
    return _standing(documents_of(kind).get(name, gone))


def documents_of(kind: Kind) -> dict[str, Document]:
    """What there is of all documents of a kind, by name."""
    documents = current_state().store.documents.all()
    return {document.name: document for document in documents if document.kind == kind}


def _standing(document: Document) -> dict[str, object]:
    active, archived_at = document.active, document.archived_at
    place = {"name": document.name, "active": active, "archived_at": archived_at}
    return {**place, **changing(document)}


def changing(document: Document) -> dict[str, object]:
    """What may change while a version stays in force."""
    if document.draft_digest is None:
        return {"latest": document.latest, "draft": None}
    digest, author, at = document.draft_digest, document.draft_author, document.draft_at
    return {"latest": document.latest, "draft": {"digest": digest, "author": author, "at": at}}


# ---- versions -----------------------------------------------------------------------


def list_versions(kind: Kind, name: str) -> Response:
    """The versions of one, the newest first; the cursor is the number of the last one shown."""
    asked = read_query({"cursor": _NUMBER, "limit": LIMIT})
    before, limit = asked.get("cursor", _LARGEST + 1), asked.get("limit", USUAL)
    versions = current_state().store.documents.versions(kind, name)
    rest = [version_json(version) for version in versions if version.number < before]
    following = rest[limit - 1]["number"] if len(rest) > limit else None
    cursor = None if following is None else str(following)
    active = standing(kind, name)["active"]
    return json_answer({"active": active, "versions": rest[:limit], "next": cursor})


def get_version(kind: Kind, name: str, number: str) -> Response:
    """One version, with its text."""
    documents, wanted = current_state().store.documents, read_number(kind, name, number)
    text = documents.text(kind, name, wanted)
    (version,) = (each for each in documents.versions(kind, name) if each.number == wanted)
    return text_answer(text, lambda: {**version_json(version), "text": text})


def version_json(version: Version) -> dict[str, Any]:
    """A version as JSON, without its text."""
    return {
        "number": version.number,
        "digest": version.digest,
        "text_digest": version.text_digest,
        "author": version.author,
        "note": version.note,
        "published_at": version.published_at,
    }


def read_number(kind: Kind, name: str, number: str) -> int:
    """The number of a version in an address. Raises Missing: no version has it."""
    try:
        return int(str(_NUMBER(number)))
    except ValueError as error:
        raise Missing(f"there is no version `{number[:20]}` of the {kind} `{name}`") from error


# ---- differences --------------------------------------------------------------------


def diff(kind: Kind, name: str) -> Response:
    """What changes from one text to another.

    Where nothing is said, from what is in force to what is next: the draft, or where there is
    none the latest version.
    """
    asked = read_query({"from": _version_or_draft, "to": _version_or_draft})
    documents = current_state().store.documents
    document = documents_of(kind).get(name)
    if document is None:
        raise Missing(f"there is no {kind} `{name}`")
    following = document.latest if document.draft_digest is None else _DRAFT
    before, after = asked.get("from", document.active), asked.get("to", following)
    changes = compare_texts(kind, _text(document, before), _text(document, after), documents.packs)
    shown = [change.to_json() for change in changes]
    return json_answer({"from": str(before), "to": str(after), "changes": shown})


def _version_or_draft(text: str) -> object:
    if text == _DRAFT:
        return text
    try:
        return _NUMBER(text)
    except ValueError:
        raise ValueError("must be the number of a version, or `draft`") from None


def _text(document: Document, which: int | str | None) -> str:
    """The text of a version, or of the draft. Raises Missing."""
    documents, kind, name = current_state().store.documents, document.kind, document.name
    if which is None:
        raise Missing(f"nothing of the {kind} `{name}` was ever published")
    if isinstance(which, int):
        return documents.text(kind, name, which)
    if document.draft_digest is None:
        raise Missing(f"there is no draft of the {kind} `{name}`")
    return documents.drafts.read(kind, name).text
