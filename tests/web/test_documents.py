"""Playbooks and policies over HTTP: drafted, published, in force, rolled back, archived.

What both kinds share is tried with both.
"""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from sqlalchemy import update
from werkzeug.test import TestResponse, create_environ

from service.store.access.keys import create_key
from service.store.documents.document_rows import Kind, bump, text_digest
from service.store.sql.database import Database, DatabaseAway
from service.store.sql.tables import versions
from service.web.exchange import Exchange
from service.web.preconditions import BadPrecondition, digest_matched
from tests.store.library_texts import NOW, playbook
from tests.web.conftest import PLAYBOOKS, store_of, validator


@dataclass(frozen=True)
class Sort:
    """One of both kinds: where it lives, which one is needed, and texts of it."""

    kind: Kind
    at: str
    name: str
    good: str
    #: A text that does something else, with what changes in words.
    other: tuple[str, str]
    faulty: str
    failing: str


HOUSE = (PLAYBOOKS / "house.yaml").read_text()
POLICY = (PLAYBOOKS / "policy" / "default.yaml").read_text()
STRICTER = POLICY.replace("08:00-20:00", "16:00-20:00")
SORTS = [
    Sort(
        "playbook",
        "/v1/playbooks",
        "house",
        HOUSE,
        (HOUSE.replace("value: 7", "value: 5"), "parameter `patience` is 7 days → 5 days"),
        HOUSE.replace("template: gentle-nudge", "template: gentle-nuge").replace("do: stop", "do:"),
        HOUSE.replace("channel: voicemail}", "channel: email}"),
    ),
    Sort(
        "policy",
        "/v1/policies",
        "default",
        POLICY,
        (
            STRICTER,
            "rule `quiet-hours` demands 08:00-20:00 on every day → 16:00-20:00 on every day",
        ),
        POLICY.replace("at_most: 3", "at_most: many").replace("per: account", "per: town"),
        POLICY
        + "examples:\n  - example: at noon\n    as_of: 2026-11-18 12:00\n    by: email\n"
        + "    expect: {verdict: BAR}\n",
    ),
]


#: For what is over before any database is asked.
ON_ONE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def sort(database: Database) -> Sort:
    """Playbooks on SQLite, policies on PostgreSQL: the store is tried with both on both."""
    return SORTS[database.url.startswith("postgresql")]


def save(client: FlaskClient, at: str, text: str, **headers: str) -> TestResponse:
    """Save a draft; the headers are written with `_` for `-`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.put(f"{at}/draft", data=text.encode(), content_type="text/yaml", headers=named)


def publish(client: FlaskClient, at: str, text: str) -> dict[str, Any]:
    """Save a text over whatever is there, publish it, and give its version."""
    saved = save(client, at, text, If_Match="*").get_json()
    response = client.post(f"{at}/publish", json={"digest": saved["digest"]})
    assert response.status_code == 200, response.text
    version: dict[str, Any] = response.get_json()
    return version


def decision(client: FlaskClient, name: str = "house") -> dict[str, Any]:
    """What is decided on an afternoon for somebody who was written to and rung up."""
    history = [
        {"at": "2026-10-20T09:00:00-05:00", "direction": "inbound", "channel": "email"},
        *(
            {"at": f"2026-11-{day}T09:00:00-06:00", "direction": "outbound", "channel": channel}
            for day, channel in (("02", "email"), ("06", "email"), ("13", "voicemail"))
        ),
    ]
    prospect = {"id": "c-1", "time_zone": "America/Chicago"}
    asked = {"prospect": prospect, "history": history, "as_of": "2026-11-20T15:00:00-06:00"}
    answer: dict[str, Any] = client.post(
        "/v1/next-action", json={**asked, "playbook": name}
    ).get_json(force=True)
    return answer


def problem(response: TestResponse) -> tuple[int, str]:
    """The status of an error, and its kind; its form is as documented."""
    body = response.get_json(force=True)
    validator("problem").validate(body)
    return response.status_code, body["type"].removeprefix("urn:unghost:problem:")


# ---- from a draft to the next answer ------------------------------------------------


def test_a_new_playbook_is_drafted_published_and_decides(own: FlaskClient) -> None:
    """It can be asked for as soon as it is published, and not before."""
    at = "/v1/playbooks/short"
    saved = save(own, at, playbook(), If_None_Match="*")
    assert (saved.status_code, saved.headers["ETag"]) == (201, f'"{text_digest(playbook())}"')
    assert decision(own, "short")["status"] == 422
    listed = own.get("/v1/playbooks").get_json()
    assert [each["name"] for each in listed["unpublished"]] == ["short"]

    response = own.post(f"{at}/publish", json={"digest": saved.get_json()["digest"], "note": "go"})

    version = response.get_json()
    used = {"name": "short", "version": 1, "digest": version["digest"]}
    assert decision(own, "short")["playbook"] == used
    assert (version["number"], version["author"], version["note"]) == (1, "nobody", "go")
    assert publish(own, at, playbook(6))["number"] == 2
    assert decision(own, "short")["playbook"]["version"] == 2
    listed = own.get("/v1/playbooks").get_json()
    validator("playbooks").validate(listed)
    assert [each["name"] for each in listed["playbooks"]] == ["house", "short"]
    assert [each["name"] for each in listed["unpublished"]] == []


def test_a_stricter_policy_is_obeyed_at_once_and_rolled_back(own: FlaskClient) -> None:
    """The next answer is given under it; after one call it is as it was."""
    at, before = "/v1/policies/default", decision(own)

    publish(own, at, STRICTER)
    stricter = decision(own)
    back = own.post(f"{at}/versions/1/activate", json={"note": "too strict"})
    after = decision(own)

    assert before["timing"]["due"] == "2026-11-20T15:00:00-06:00"
    assert stricter["timing"]["due"] == "2026-11-20T16:00:00-06:00"
    assert (back.status_code, back.get_json()["number"]) == (200, 1)
    assert {**after, "decision_id": ""} == {**before, "decision_id": ""}


def test_rolling_back_is_one_call(own: FlaskClient, sort: Sort) -> None:
    """The earlier version is in force, the later one is kept; a body is not even needed."""
    at = f"{sort.at}/{sort.name}"
    publish(own, at, sort.other[0])

    back = own.post(f"{at}/versions/1/activate")

    assert (back.status_code, back.get_json()["number"]) == (200, 1)
    listed = own.get(f"{at}/versions").get_json()
    assert (listed["active"], [each["number"] for each in listed["versions"]]) == (1, [2, 1])
    assert own.get(at).get_json()["text"] == sort.good
    assert problem(own.post(f"{at}/versions/3/activate")) == (404, "not-found")
    assert problem(own.post(f"{at}/versions/0/activate")) == (404, "not-found")


def test_versions_are_listed_a_page_at_a_time(own: FlaskClient, sort: Sort) -> None:
    """The newest first; a version is shown with its text, and never changes."""
    at = f"{sort.at}/{sort.name}"
    publish(own, at, sort.other[0])
    publish(own, at, sort.good)

    page = own.get(f"{at}/versions?limit=2").get_json()
    last = own.get(f"{at}/versions?limit=2&cursor={page['next']}").get_json()

    validator("versions").validate(page)
    assert [each["number"] for each in page["versions"]] == [3, 2]
    assert ([each["number"] for each in last["versions"]], last["next"]) == ([1], None)
    shown = own.get(f"{at}/versions/2").get_json()
    assert shown == {**page["versions"][1], "text": sort.other[0]}
    assert shown["text_digest"] == text_digest(sort.other[0])


@ON_ONE
def test_author_is_the_key_that_was_sent(own: FlaskClient) -> None:
    """Versions and drafts say who made them."""
    store = store_of(own)
    key = create_key(store.database, "ann", ("admin",), actor="test", now=NOW)
    own.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {key.plain}"

    version = publish(own, "/v1/playbooks/house", SORTS[0].other[0])
    save(own, "/v1/playbooks/house", SORTS[0].good, If_Match="*")

    (listed,) = own.get("/v1/playbooks").get_json()["playbooks"]
    assert version["author"] == listed["draft"]["author"] == f"key:{key.key.id}"
    assert (listed["version"], listed["latest"]) == (2, 2)
    assert listed["draft"]["digest"] == text_digest(SORTS[0].good)


# ---- two at once --------------------------------------------------------------------


def test_of_two_at_once_the_second_loses_nothing(own: FlaskClient, sort: Sort) -> None:
    """Who saves over a text that they have not read is told the digests of both texts."""
    at, (mine, _) = f"{sort.at}/{sort.name}", sort.other
    tag = own.get(f"{at}/draft").headers["ETag"]

    first = save(own, at, mine, If_Match=tag)
    second = save(own, at, sort.failing, If_Match=tag)

    assert first.status_code == 200
    assert problem(second) == (412, "changed-meanwhile")
    told = second.get_json(force=True)
    assert (told["yours"], told["theirs"]) == (text_digest(sort.failing), text_digest(mine))
    assert own.get(f"{at}/draft").get_json()["text"] == mine
    assert save(own, at, sort.failing, If_Match=first.headers["ETag"]).status_code == 200


def test_only_what_was_read_is_published(own: FlaskClient, sort: Sort) -> None:
    """Another text came in between: both digests are told, and nothing is published."""
    at, (mine, _) = f"{sort.at}/{sort.name}", sort.other
    save(own, at, mine, If_Match="*")

    response = own.post(f"{at}/publish", json={"digest": text_digest(sort.good)})

    assert problem(response) == (409, "another-text")
    told = response.get_json(force=True)
    assert (told["yours"], told["theirs"]) == (text_digest(sort.good), text_digest(mine))
    assert own.get(at).get_json()["version"] == 1


_OLD, _NOW = (f"sha256:{digit * 64}" for digit in "01")


@pytest.mark.parametrize(
    ("header", "meant"),
    [
        (f'"{_NOW}"', _NOW),
        (_NOW, _NOW),
        (f'  "{_OLD}" , "{_NOW}"', _NOW),
        (f'{_OLD},W/"{_NOW}","{_NOW}"', _NOW),
        (" * ", _NOW),
        (f'"{_OLD}"', _OLD),
        (f'W/"{_NOW}", "{_OLD}"', _OLD),
        ('"\u00e9,"', "\u00e9,"),
        ('""', ""),
    ],
)
def test_if_match_is_read_as_the_standard_has_it(header: str, meant: str) -> None:
    """Strong tags, one or several, or `*`; the bare digest is understood as well."""
    request = Exchange(create_environ(headers={"If-Match": header}))

    assert digest_matched(request, _NOW) == meant


@pytest.mark.parametrize(
    "header",
    [
        *("", " ", ",", f'W/"{_NOW}"', f'"{_NOW}', f'"{_NOW}" "{_OLD}"', f'"{_NOW}",'),
        *(f'*, "{_NOW}"', "sha256:short", f"{_NOW}0", f'w/"{_NOW}"', "null", '"a b"'),
    ],
)
def test_what_is_no_strong_tag_is_refused(header: str) -> None:
    """Also a list in which one tag cannot be read, and one of weak tags only."""
    with pytest.raises(BadPrecondition):
        digest_matched(Exchange(create_environ(headers={"If-Match": header})), _NOW)


def test_a_change_says_what_it_replaces(own: FlaskClient, sort: Sort) -> None:
    """Without a word of it nothing is saved or thrown away; a new one must not be there."""
    at = f"{sort.at}/{sort.name}"

    assert problem(save(own, at, sort.good)) == (428, "precondition-required")
    assert problem(own.delete(f"{at}/draft")) == (428, "precondition-required")
    assert problem(save(own, at, sort.good, If_None_Match="*")) == (412, "changed-meanwhile")
    assert problem(save(own, at, sort.good, If_None_Match='"x"')) == (400, "bad-precondition")
    both = save(own, at, sort.good, If_None_Match="*", If_Match="*")
    assert problem(both) == (400, "bad-precondition")
    none = save(own, f"{sort.at}/new", sort.good, If_Match="*")
    assert problem(none) == (412, "changed-meanwhile")
    assert none.get_json(force=True)["theirs"] is None


# ---- mistakes -----------------------------------------------------------------------


def test_a_text_with_mistakes_is_saved_with_all_of_them(own: FlaskClient, sort: Sort) -> None:
    """As a manager saves, everything wrong is shown, also when it is read again."""
    at = f"{sort.at}/{sort.name}"

    response = save(own, at, sort.faulty, If_Match="*")

    saved = response.get_json()
    validator("draft").validate(saved)
    assert (response.status_code, saved["valid"], saved["text"]) == (200, False, sort.faulty)
    assert len({found["line"] for found in saved["diagnostics"]}) == 2
    assert own.get(f"{at}/draft").get_json() == saved


def test_a_text_that_calls_itself_otherwise_is_shown_as_wrong(own: FlaskClient, sort: Sort) -> None:
    """A draft is called as its address is."""
    saved = save(own, f"{sort.at}/other", sort.good, If_None_Match="*").get_json()

    (wrong,) = saved["diagnostics"]
    assert (saved["name"], saved["valid"], wrong["code"]) == ("other", False, "wrong-name")


def test_what_is_wrong_is_not_published(own: FlaskClient, sort: Sort) -> None:
    """The refusal has everything that is wrong, and every example that fails, in full."""
    at = f"{sort.at}/{sort.name}"
    for text in (sort.faulty, sort.failing):
        saved = save(own, at, text, If_Match="*").get_json()

        response = own.post(f"{at}/publish", json={"digest": saved["digest"]})

        assert problem(response) == (422, "not-publishable")
        told = response.get_json(force=True)
        failing = [example for example in saved["examples"] if not example["passed"]]
        assert (told["diagnostics"], told["examples"]) == (saved["diagnostics"], failing)
        assert bool(failing) == saved["valid"] == (text == sort.failing)
        assert own.get(at).get_json()["version"] == 1


_UNFIT: list[tuple[dict[str, Any], int, list[str]]] = [
    ({"data": b"a\0b", "content_type": "text/yaml"}, 422, [""]),
    ({"json": {"text": "a\0b"}}, 422, ["/text"]),
    ({"json": {}}, 422, ["/text"]),
    ({"json": {"text": None}}, 422, ["/text"]),
    ({"json": {"text": 1, "a/b": ""}}, 422, ["/a~1b", "/text"]),
    ({"json": []}, 422, [""]),
    ({"data": rb'{"text": "\ud800"}', "content_type": "application/json"}, 400, ["/text"]),
    ({"data": b"\xff", "content_type": "text/yaml"}, 400, []),
    ({"data": b"x" * 262_145, "content_type": "text/yaml"}, 413, []),
    ({"data": b"", "content_type": "text/html"}, 415, []),
]


@ON_ONE
def test_what_cannot_be_kept_is_refused(own: FlaskClient) -> None:
    """Each mistake is told at its place, and the text stays as it was."""
    for body, status, paths in _UNFIT:
        response = own.put("/v1/playbooks/house/draft", headers={"If-Match": "*"}, **body)

        assert problem(response)[0] == status
        errors = response.get_json(force=True)["errors"]
        assert [error["path"] for error in errors] == paths
    assert own.get("/v1/playbooks/house/draft").get_json()["author"] is None


def test_the_largest_text_is_kept(own: FlaskClient) -> None:
    """Every byte comes back, also what is no playbook."""
    text = "\ufeff# é 🙂 \u2028\r\n".ljust(262_130, "x")
    text += "x" * (262_144 - len(text.encode()))

    saved = save(own, "/v1/playbooks/large", text, If_None_Match="*")
    read = own.get("/v1/playbooks/large/draft", headers={"Accept": "application/yaml"})

    assert saved.status_code == 201
    assert (read.data, read.headers["ETag"]) == (text.encode(), saved.headers["ETag"])


@ON_ONE
def test_a_note_is_plain_and_short(own: FlaskClient) -> None:
    """What no database could hold, and what nobody can read, is a mistake of the note."""
    for note in ("x" * 2_001, "a\0b", "a\u200eb", 1):
        for act, more in (("publish", {"digest": text_digest(HOUSE)}), ("versions/1/activate", {})):
            response = own.post(f"/v1/playbooks/house/{act}", json={"note": note, **more})

            assert problem(response) == (422, "not-valid")
            (error,) = response.get_json(force=True)["errors"]
            assert error["path"] == "/note"


_NAMES = ("No%20Name", "a%00b", "%ed%a0%80", "%ff", "h%C3%A9", "x" * 65, "house%0A", "..%2Fhouse")


def test_what_nothing_is_called_is_not_there(own: FlaskClient, sort: Sort) -> None:
    """At every address of it, whatever the letters."""
    for at in (f"{sort.at}/{name}" for name in _NAMES):
        responses = [
            *(own.get(f"{at}{rest}") for rest in ("", "/draft", "/versions", "/versions/1")),
            own.get(f"{at}/diff"),
            save(own, at, sort.good, If_None_Match="*"),
            own.delete(f"{at}/draft", headers={"If-Match": "*"}),
            own.post(f"{at}/publish", json={"digest": "x"}),
            *(own.post(f"{at}/{act}") for act in ("versions/1/activate", "archive", "unarchive")),
        ]

        assert {problem(response)[0] for response in responses} == {404}, at


# ---- asked twice --------------------------------------------------------------------


def test_publishing_with_a_key_is_done_once(own: FlaskClient, sort: Sort) -> None:
    """The same request gets the same bytes, and another one under its key is refused."""
    at, (text, _) = f"{sort.at}/{sort.name}", sort.other
    body = {"digest": save(own, at, text, If_Match="*").get_json()["digest"]}
    headers = {"Idempotency-Key": "publish-1"}

    first = own.post(f"{at}/publish", json=body, headers=headers)
    publish(own, at, sort.good)
    again = own.post(f"{at}/publish", json=body, headers=headers)
    other = own.post(f"{at}/publish", json={**body, "note": "x"}, headers=headers)

    assert (first.status_code, first.get_json()["number"]) == (200, 2)
    assert (again.status_code, again.data) == (200, first.data)
    assert problem(other) == (422, "key-reused")
    assert own.get(at).get_json()["version"] == 3


@ON_ONE
def test_a_refusal_does_not_use_up_the_key(own: FlaskClient) -> None:
    """Whoever mends the text publishes it with the key that was refused."""
    at, headers = "/v1/playbooks/short", {"Idempotency-Key": "publish-1"}
    wrong = save(own, at, playbook(expected="stop"), If_None_Match="*").get_json()["digest"]

    refused = own.post(f"{at}/publish", json={"digest": wrong}, headers=headers)
    right = save(own, at, playbook(), If_Match=wrong).get_json()["digest"]
    published = own.post(f"{at}/publish", json={"digest": right}, headers=headers)

    assert problem(refused) == (422, "not-publishable")
    assert published.status_code == 200


@ON_ONE
def test_what_is_kept_is_told_though_the_database_goes_away(
    own: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A version that was published is answered so; this process will see it in a moment."""

    def away() -> None:
        raise DatabaseAway

    saved = save(own, "/v1/playbooks/house", SORTS[0].other[0], If_Match="*").get_json()
    monkeypatch.setattr(store_of(own).in_force, "refresh", away)

    response = own.post("/v1/playbooks/house/publish", json={"digest": saved["digest"]})

    assert (response.status_code, response.get_json()["number"]) == (200, 2)


# ---- what changed -------------------------------------------------------------------


def test_changes_are_told_in_words(own: FlaskClient, sort: Sort) -> None:
    """From what is in force to the draft; to the newest where there is none; or as asked."""
    at, (text, sentence) = f"{sort.at}/{sort.name}", sort.other

    def diff(query: str = "") -> tuple[str, str, list[str]]:
        answer = own.get(f"{at}/diff{query}").get_json()
        validator("changes").validate(answer)
        return answer["from"], answer["to"], [each["sentence"] for each in answer["changes"]]

    assert diff() == ("1", "1", [])
    save(own, at, text, If_Match="*")
    before, after, sentences = diff()
    assert (before, after, sentences[0]) == ("1", "draft", sentence)
    publish(own, at, text)
    own.post(f"{at}/versions/1/activate")
    assert diff() == ("1", "2", sentences)
    assert diff("?from=2&to=2") == ("2", "2", [])
    back = diff("?from=2&to=1")
    assert (back[:2], len(back[2])) == (("2", "1"), len(sentences))


def test_what_cannot_be_compared_says_why(own: FlaskClient, sort: Sort) -> None:
    """A text with mistakes, a draft or a version that is not there, and what was not published."""
    at = f"{sort.at}/{sort.name}"
    assert problem(own.get(f"{at}/diff?to=draft")) == (404, "not-found")
    save(own, at, sort.faulty, If_Match="*")
    save(own, f"{sort.at}/new", sort.good, If_None_Match="*")

    assert problem(own.get(f"{at}/diff")) == (422, "not-comparable")
    assert problem(own.get(f"{at}/diff?from=draft&to=1")) == (422, "not-comparable")
    assert problem(own.get(f"{at}/diff?from=9")) == (404, "not-found")
    assert problem(own.get(f"{sort.at}/new/diff")) == (404, "not-found")
    for query in ("from=0", "to=-1", "to=1e3", f"to={10**30}", "from=Draft", "to=1&to=2", "on=1"):
        assert problem(own.get(f"{at}/diff?{query}")) == (422, "not-valid"), query


# ---- archived, thrown away, unusable ------------------------------------------------


def test_archived_is_out_of_force_and_comes_back(own: FlaskClient) -> None:
    """Nobody decides with it, nothing of it is put in force, and all of it is kept."""
    at = "/v1/playbooks/short"
    save(own, at, playbook(), If_None_Match="*")
    publish(own, at, playbook())
    saved = save(own, at, playbook(6), If_Match="*").get_json()

    gone = own.post(f"{at}/archive")

    validator("document").validate(gone.get_json())
    assert (gone.status_code, gone.get_json()["active"]) == (200, 1)
    assert decision(own, "short")["status"] == 422
    assert problem(own.get(at)) == (404, "unknown-playbook")
    published = own.post(f"{at}/publish", json={"digest": saved["digest"]})
    assert problem(published) == (409, "archived")
    assert problem(own.post(f"{at}/versions/1/activate")) == (409, "archived")
    assert own.get("/v1/playbooks").get_json()["archived"] == []
    (archived,) = own.get("/v1/playbooks?archived=true").get_json()["archived"]
    assert archived == gone.get_json()

    back = own.post(f"{at}/unarchive").get_json()
    assert back == {**archived, "archived_at": None}
    assert decision(own, "short")["playbook"]["version"] == 1


def test_what_the_service_needs_is_not_archived(own: FlaskClient, sort: Sort) -> None:
    """The default playbook, and the policy in force."""
    response = own.post(f"{sort.at}/{sort.name}/archive")

    assert problem(response) == (409, "needed")
    assert own.get(f"{sort.at}/{sort.name}").status_code == 200


def test_a_draft_is_thrown_away(own: FlaskClient, sort: Sort) -> None:
    """The text in force is what to work on again; what was never published is gone."""
    at, new = f"{sort.at}/{sort.name}", f"{sort.at}/new"
    tag = save(own, at, sort.faulty, If_Match="*").headers["ETag"]
    save(own, new, sort.faulty, If_None_Match="*")

    stale = own.delete(f"{at}/draft", headers={"If-Match": _OLD})
    gone = own.delete(f"{at}/draft", headers={"If-Match": tag})
    never = own.delete(f"{new}/draft", headers={"If-Match": "*"})

    assert problem(stale) == (412, "changed-meanwhile")
    standing = gone.get_json()
    assert [standing.pop(name) for name in ("name", "active", "latest")] == [sort.name, 1, 1]
    assert standing == {"archived_at": None, "draft": None}
    assert never.get_json()["active"] is None
    assert own.get(f"{at}/draft").get_json()["text"] == sort.good
    assert problem(own.get(f"{new}/draft")) == (404, "not-found")
    assert problem(own.delete(f"{at}/draft", headers={"If-Match": "*"})) == (404, "not-found")


def test_what_this_release_cannot_load_is_told_and_mended(own: FlaskClient, sort: Sort) -> None:
    """Without its policy nobody decides, but the list says why, and publishing puts it right."""
    store, at = store_of(own), f"{sort.at}/{sort.name}"
    digests = {"text": sort.faulty, "text_digest": text_digest(sort.faulty)}
    with store.database.writing() as connection:
        connection.execute(update(versions).where(versions.c.kind == sort.kind).values(**digests))
        bump(connection)
    store.in_force.refresh()

    listed = own.get(sort.at).get_json()

    validator(sort.at.removeprefix("/v1/")).validate(listed)
    (unusable,) = listed["unusable"]
    assert (unusable["name"], unusable["version"]) == (sort.name, 1)
    assert {found["severity"] for found in unusable["diagnostics"]} == {"error"}
    assert own.get(at).status_code in {404, 503}
    assert decision(own)["status"] in {422, 503}
    assert publish(own, at, sort.good)["number"] == 2
    assert decision(own)["playbook"]["name"] == "house"


# ---- how it is shown ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, "application/json"),
        ("*/*", "application/json"),
        ("image/png", "application/json"),
        ("application/yaml", "application/yaml"),
        ("text/plain, application/json;q=0.5", "application/yaml"),
    ],
)
@pytest.mark.parametrize("rest", ["", "/draft", "/versions/1"])
@pytest.mark.parametrize("sort", SORTS, ids=lambda sort: sort.kind)
def test_texts_come_as_wished(
    client: FlaskClient, sort: Sort, rest: str, accept: str | None, expected: str
) -> None:
    """The YAML text alone, byte for byte, or JSON with the text in it."""
    headers = {"Accept": accept} if accept else {}
    response = client.get(f"{sort.at}/{sort.name}{rest}", headers=headers)

    assert (response.content_type, response.headers["Vary"]) == (expected, "Accept")
    text = response.text if expected == "application/yaml" else response.get_json()["text"]
    assert text == sort.good


def test_a_policy_is_shown_whole(client: FlaskClient) -> None:
    """Its rules in words, the laws that it switches on, and its text."""
    answer = client.get("/v1/policies/default").get_json()

    whole = {**validator("policies").schema, "$ref": "#/$defs/policy"}
    parts = {name: whole[name] for name in ("$ref", "$defs")}
    Draft202012Validator(parts).validate(answer)
    assert [(rule["name"], rule["demands"]) for rule in answer["rules"]] == [
        ("quiet-hours", "08:00-20:00 on every day"),
        ("contacts-of-an-account", "at most 3 in 7 days for each account"),
    ]
    assert (answer["laws"], answer["text"]) == ([], POLICY)
    missing = client.get("/v1/policies/defualt")
    assert problem(missing) == (404, "not-found")
    assert "did you mean `default`?" in missing.get_json(force=True)["detail"]


def test_a_policy_is_judged_as_a_playbook_is(client: FlaskClient) -> None:
    """Valid with its digest; failing examples in full; everything wrong where it is not valid."""

    def judged(text: str) -> dict[str, Any]:
        answer: dict[str, Any] = client.post(
            "/v1/policies/validate",
            data=json.dumps({"text": text}),
            content_type="application/json",
        ).get_json()
        validator("diagnostics").validate(answer)
        return answer

    (listed,) = client.get("/v1/policies").get_json()["policies"]
    good, failing, faulty = judged(POLICY), judged(SORTS[1].failing), judged(SORTS[1].faulty)
    assert (good["valid"], good["name"], good["digest"]) == (True, "default", listed["digest"])
    assert [example["passed"] for example in failing["examples"]] == [False]
    assert (faulty["valid"], faulty["name"], len(faulty["diagnostics"])) == (False, None, 2)
