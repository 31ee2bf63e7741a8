"""The library: drafts that nobody overwrites, versions that never change, one of them active."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select

from service.store.access.audit import entries
from service.store.documents.document_rows import Archived, CannotKeep, Missing, text_digest
from service.store.documents.documents import Documents, Needed
from service.store.documents.drafts import Conflict
from service.store.documents.publishing import Refused
from service.store.sql.database import Database
from service.store.sql.tables import generation
from tests.store.library_texts import (
    NOW,
    PACKS,
    POLICY,
    experiment,
    library,
    playbook,
    published,
)

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def documents(database: Database) -> Documents:
    """An empty library."""
    return library(database)


def number(database: Database) -> int:
    """How often what is in force has changed."""
    with database.reading() as connection:
        return int(connection.execute(select(generation.c.number)).scalar_one())


# ---- drafts -------------------------------------------------------------------------


def test_a_draft_is_read_as_it_was_saved(documents: Documents) -> None:
    """Every byte comes back, also what is no playbook, with its digest, author and time."""
    text = "\ufeffplaybook: short\r\n\ttitle: é 🙂 \u2028\r"

    saved = documents.drafts.save("playbook", "short", text, None, "ann", NOW)

    assert documents.drafts.read("playbook", "short") == saved
    assert (saved.text, saved.digest, saved.author, saved.at) == (
        text,
        text_digest(text),
        "ann",
        NOW,
    )


def test_the_second_of_two_at_once_is_told_both_digests(documents: Documents) -> None:
    """Who saves over a text that they have not read changes nothing."""
    read = documents.drafts.save("playbook", "short", playbook(5), None, "ann", NOW)
    first = documents.drafts.save("playbook", "short", playbook(6), read.digest, "ann", NOW)

    with pytest.raises(Conflict) as told:
        documents.drafts.save("playbook", "short", playbook(7), read.digest, "bob", NOW)

    assert (told.value.yours, told.value.theirs) == (text_digest(playbook(7)), first.digest)
    assert documents.drafts.read("playbook", "short").text == playbook(6)


@pytest.mark.parametrize("read_at", [None, "sha256:0"])
def test_a_document_is_not_made_twice(documents: Documents, read_at: str | None) -> None:
    """Whoever believes that there is none yet, or another, is told of the one that is there."""
    documents.drafts.save("playbook", "short", playbook(5), None, "ann", NOW)

    with pytest.raises(Conflict):
        documents.drafts.save("playbook", "short", playbook(6), read_at, "bob", NOW)


def test_a_document_that_is_gone_is_a_conflict_too(documents: Documents) -> None:
    """Saving over what nobody kept says that nothing is there."""
    with pytest.raises(Conflict) as told:
        documents.drafts.save("playbook", "short", playbook(), "sha256:0", "ann", NOW)

    assert told.value.theirs is None


def test_without_a_draft_the_active_text_is_worked_on(documents: Documents) -> None:
    """Whoever opens a published playbook gets the text in force, and saves over that."""
    published(documents, playbook(5))
    read = documents.drafts.read("playbook", "short")

    assert (read.text, read.author, read.at) == (playbook(5), None, None)
    documents.drafts.save("playbook", "short", playbook(6), read.digest, "ann", NOW)
    assert documents.drafts.read("playbook", "short").author == "ann"


def test_a_draft_is_thrown_away(documents: Documents) -> None:
    """The active text is back; what was never published is gone."""
    published(documents, playbook(5))
    read = documents.drafts.read("playbook", "short")
    draft = documents.drafts.save("playbook", "short", playbook(6), read.digest, "ann", NOW)
    other = documents.drafts.save("playbook", "other", "", None, "ann", NOW)

    with pytest.raises(Conflict):
        documents.drafts.discard("playbook", "short", read.digest, "ann", NOW)
    documents.drafts.discard("playbook", "short", draft.digest, "ann", NOW)
    documents.drafts.discard("playbook", "other", other.digest, "ann", NOW)

    assert documents.drafts.read("playbook", "short").text == playbook(5)
    assert [document.name for document in documents.all()] == ["short"]
    with pytest.raises(Missing, match="no draft"):
        documents.drafts.discard("playbook", "short", read.digest, "ann", NOW)


@pytest.mark.parametrize(
    ("name", "text", "author"),
    [
        ("../short", "", "ann"),
        ("Short", "", "ann"),
        ("s" * 65, "", "ann"),
        ("short\n", "", "ann"),
        ("short", "a\0b", "ann"),
        ("short", "\ud800", "ann"),
        ("short", "x" * 262_145, "ann"),
        ("short", "", "a" * 201),
        ("short", "", "a\0b"),
    ],
)
def test_what_not_every_database_can_hold_is_refused(
    documents: Documents, name: str, text: str, author: str
) -> None:
    """On every database alike, and nothing is written."""
    with pytest.raises(CannotKeep):
        documents.drafts.save("playbook", name, text, None, author, NOW)

    assert documents.all() == ()


# ---- publishing ---------------------------------------------------------------------


def test_publishing_makes_the_next_version_and_puts_it_in_force(
    documents: Documents, database: Database
) -> None:
    """Number, digests, author, time and note are kept; the draft is no more; all are told."""
    draft = documents.drafts.save("playbook", "short", playbook(5), None, "ann", NOW)
    before = number(database)
    first = documents.publish("playbook", "short", draft.digest, "ann", "at last", LATER)
    second = published(documents, playbook(6))

    newest, oldest = documents.versions("playbook", "short")
    (document,) = documents.all()
    assert oldest == first
    assert (first.number, first.author, first.note, first.published_at) == (
        1,
        "ann",
        "at last",
        LATER,
    )
    assert first.text_digest == text_digest(playbook(5))
    assert first.digest == documents.check("playbook", playbook(5)).digest
    assert (document.active, document.latest, document.draft_author) == (2, 2, None)
    assert (newest.number, second) == (2, 2)
    assert documents.text("playbook", "short", 1) == playbook(5)
    assert documents.text("playbook", "short", 2) == playbook(6)
    assert number(database) == before + 2


def test_publishing_twice_is_publishing_once(documents: Documents, database: Database) -> None:
    """Whoever did not hear the answer and asks again gets the same version."""
    draft = documents.drafts.save("playbook", "short", playbook(), None, "ann", NOW)
    first = documents.publish("playbook", "short", draft.digest, "ann", "", NOW)
    before = number(database)

    again = documents.publish("playbook", "short", draft.digest, "ann", "", LATER)

    assert again == first
    assert number(database) == before


def test_only_what_was_read_is_published(documents: Documents) -> None:
    """Another text came in between: it is not published unseen."""
    draft = documents.drafts.save("playbook", "short", playbook(5), None, "ann", NOW)
    other = documents.drafts.save("playbook", "short", playbook(6), draft.digest, "bob", NOW)

    with pytest.raises(Conflict) as told:
        documents.publish("playbook", "short", draft.digest, "ann", "", NOW)

    assert (told.value.yours, told.value.theirs) == (draft.digest, other.digest)
    assert documents.versions("playbook", "short") == ()


FAULTS = {
    "errors": (playbook().replace("template: hello", "template: helo"), "no template `helo`"),
    "failing example": (playbook(expected="stop"), "the example `after the first e-mail` fails"),
    "another name": (playbook(name="other"), "this is `other`, and it should be `short`"),
    "nothing": ("", "cannot be published"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_wrong_is_refused_and_shown(
    documents: Documents, database: Database, fault: str
) -> None:
    """Errors, failing examples and a wrong name: the draft stays, and nothing is in force."""
    text, told = FAULTS[fault]
    draft = documents.drafts.save("playbook", "short", text, None, "ann", NOW)
    before = number(database)

    with pytest.raises(Refused, match=told) as refused:
        documents.publish("playbook", "short", draft.digest, "ann", "", NOW)

    checked = refused.value.checked
    failed = checked.examples and [r.example for r in checked.examples.results if not r.passed]
    assert bool(failed) == (fault == "failing example")
    assert any(d.severity == "error" for d in checked.diagnostics) == (not failed)
    assert documents.versions("playbook", "short") == ()
    assert documents.drafts.read("playbook", "short") == draft
    assert number(database) == before


def test_examples_run_under_the_policy_in_force(documents: Documents) -> None:
    """What the house rules put off is put off in an example too."""
    evening = playbook(0).replace("10:00", "20:00").replace("follow_up}\n", "follow_up, due: X}\n")
    today, tomorrow = (evening.replace("X", day) for day in ("2026-11-18", "2026-11-19"))

    assert documents.check("playbook", today).passed
    draft = documents.drafts.save("policy", "default", POLICY, None, "ann", NOW)
    documents.publish("policy", "default", draft.digest, "ann", "", NOW)
    assert documents.check("playbook", tomorrow).passed
    assert not documents.check("playbook", today).passed


def test_a_policy_has_the_same_life(documents: Documents) -> None:
    """Its own examples must pass, it has versions, and an earlier one can be put in force."""
    failing = POLICY + (
        "examples:\n  - example: a\n    as_of: 2026-11-18 10:00\n    by: email\n"
        "    expect: {verdict: BAR}\n"
    )
    draft = documents.drafts.save("policy", "default", failing, None, "ann", NOW)
    with pytest.raises(Refused, match="the example `a` fails"):
        documents.publish("policy", "default", draft.digest, "ann", "", NOW)
    for text in (POLICY, POLICY.replace("17:00", "18:00")):
        read_at = documents.drafts.read("policy", "default").digest
        draft = documents.drafts.save("policy", "default", text, read_at, "ann", NOW)
        documents.publish("policy", "default", draft.digest, "ann", "", NOW)

    documents.activate("policy", "default", 1, "ann", "", NOW)

    one, two = documents.versions("policy", "default")
    assert one.digest != two.digest
    assert documents.guards().policy.digest == two.digest


def test_an_experiment_has_the_same_life(documents: Documents) -> None:
    """It needs no examples, but playbooks in force, in versions that there are."""
    published(documents, playbook())
    for text, told in (
        (experiment(), "there is no playbook `other`"),
        (experiment(other="short", version=2), "there is no version 2 of `short`"),
    ):
        checked = documents.check("experiment", text)
        assert [diagnostic.message for diagnostic in checked.diagnostics] == [told]
        assert not checked.passed
    draft = documents.drafts.save("experiment", "two-ways", experiment(), None, "ann", NOW)
    with pytest.raises(Refused, match="there is no playbook `other`"):
        documents.publish("experiment", "two-ways", draft.digest, "ann", "", NOW)
    published(documents, playbook(6))
    for version in (1, 2):
        read_at = documents.drafts.read("experiment", "two-ways").digest
        text = experiment(other="short", version=version)
        draft = documents.drafts.save("experiment", "two-ways", text, read_at, "ann", NOW)
        documents.publish("experiment", "two-ways", draft.digest, "ann", "", NOW)

    back = documents.activate("experiment", "two-ways", 1, "ann", "", NOW)

    assert [each.number for each in documents.versions("experiment", "two-ways")] == [2, 1]
    assert back.digest == documents.check("experiment", experiment(other="short", version=1)).digest


def test_what_is_archived_is_no_playbook_to_compare(documents: Documents) -> None:
    """Nor what has a draft only."""
    published(documents, playbook())
    published(documents, playbook(name="other"), "other")
    documents.drafts.save("playbook", "draft", playbook(name="draft"), None, "ann", NOW)
    assert documents.playbooks() == {"other": 1, "short": 1}
    assert documents.check("experiment", experiment()).passed

    documents.archive("playbook", "other", "ann", NOW)

    assert documents.playbooks() == {"short": 1}
    assert not documents.check("experiment", experiment()).passed


# ---- rolling back, archiving --------------------------------------------------------


def test_rolling_back_is_one_call(documents: Documents, database: Database) -> None:
    """An earlier version is in force again, the later one and a draft are still there."""
    published(documents, playbook(5))
    published(documents, playbook(6))
    read_at = documents.drafts.read("playbook", "short").digest
    draft = documents.drafts.save("playbook", "short", playbook(7), read_at, "bob", NOW)
    before = number(database)

    back = documents.activate("playbook", "short", 1, "ann", "too slow", NOW)

    (document,) = documents.all()
    assert (back.number, document.active, document.latest) == (1, 1, 2)
    assert documents.drafts.read("playbook", "short") == draft
    assert number(database) == before + 1
    documents.activate("playbook", "short", 1, "ann", "", NOW)  # it is already
    assert number(database) == before + 1
    published(documents, playbook(8))
    assert documents.all()[0].active == 3


def test_a_version_that_is_not_there_cannot_be_put_in_force(documents: Documents) -> None:
    """Neither of a playbook that is there, nor of another."""
    published(documents, playbook())

    for name in ("short", "other"):
        with pytest.raises(Missing):
            documents.activate("playbook", name, 2, "ann", "", NOW)


def test_archived_is_out_of_force_and_comes_back(documents: Documents, database: Database) -> None:
    """All of it is kept; until it is back nothing of it is put in force."""
    published(documents, playbook(5))
    before = number(database)

    documents.archive("playbook", "short", "ann", LATER)
    documents.archive("playbook", "short", "ann", NOW)  # it is already

    assert documents.all()[0].archived_at == LATER
    assert number(database) == before + 1
    with pytest.raises(Archived):
        published(documents, playbook(6))
    with pytest.raises(Archived):
        documents.activate("playbook", "short", 1, "ann", "", NOW)
    documents.unarchive("playbook", "short", "ann", NOW)
    assert (documents.all()[0].archived_at, documents.all()[0].active) == (None, 1)


def test_what_the_service_needs_is_not_archived(database: Database) -> None:
    """The policy in force, and what else it was told of."""
    needed = Documents(database, PACKS, needed=frozenset({("playbook", "house")}))

    for kind, name in (("policy", "default"), ("playbook", "house")):
        with pytest.raises(Needed):
            needed.archive(kind, name, "ann", NOW)  # type: ignore[arg-type]


def test_what_is_not_there_is_missing(documents: Documents) -> None:
    """Every question about it says so."""
    for ask in (
        lambda: documents.drafts.read("playbook", "short"),
        lambda: documents.versions("playbook", "short"),
        lambda: documents.text("playbook", "short", 1),
        lambda: documents.archive("playbook", "short", "ann", NOW),
        lambda: documents.publish("playbook", "short", "sha256:0", "ann", "", NOW),
    ):
        with pytest.raises(Missing):
            ask()


def test_documents_stand_by_kind_and_name(documents: Documents) -> None:
    """In the same order on every database."""
    for name in ("b-1", "b", "a2", "a-2", "a-10"):
        documents.drafts.save("playbook", name, "", None, "ann", NOW)
    documents.drafts.save("policy", "a", "", None, "ann", NOW)

    found = [(document.kind, document.name) for document in documents.all()]
    names = ["a-10", "a-2", "a2", "b", "b-1"]
    assert found == [*(("playbook", name) for name in names), ("policy", "a")]


# ---- the audit trail ----------------------------------------------------------------


def test_everything_is_in_the_audit_trail(documents: Documents, database: Database) -> None:
    """Who did what to which document."""
    published(documents, playbook(5))
    published(documents, playbook(6))
    documents.activate("playbook", "short", 1, "bob", "too slow", NOW)
    documents.archive("playbook", "short", "bob", NOW)
    documents.unarchive("playbook", "short", "bob", NOW)

    trail = entries(database, limit=100).entries
    assert [(each.actor, each.event) for each in reversed(trail)] == [
        ("ann", "draft.saved"),
        ("ann", "document.published"),
        ("ann", "draft.saved"),
        ("ann", "document.published"),
        ("bob", "document.activated"),
        ("bob", "document.archived"),
        ("bob", "document.unarchived"),
    ]
    assert {each.subject for each in trail} == {"playbook:short"}
    back = trail[2].detail
    assert (back["before"], back["number"], back["note"]) == (2, 1, "too slow")


def test_what_cannot_be_noted_does_not_happen(database: Database) -> None:
    """A change and its entry in the trail are one."""

    def refuse(connection: Connection, *_: object, **__: Any) -> None:
        del connection
        raise RuntimeError("no trail")

    documents = library(database)
    draft = documents.drafts.save("playbook", "short", playbook(), None, "ann", NOW)
    before = number(database)

    with pytest.raises(RuntimeError):
        Documents(database, PACKS, note=refuse).publish(
            "playbook", "short", draft.digest, "ann", "", NOW
        )

    assert documents.versions("playbook", "short") == ()
    assert documents.drafts.read("playbook", "short") == draft
    assert number(database) == before
