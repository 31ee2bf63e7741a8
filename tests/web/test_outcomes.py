"""`POST /v1/outcomes` and the list: told in any order and any number, each is kept once."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from flask.testing import FlaskClient

from service.playbook.vocabulary import HUMAN_INBOUND, INBOUND_OUTCOMES, OUTCOMES
from tests.web.conftest import validator

Json = dict[str, Any]
WRITTEN_SO = "must be a moment such as 2026-11-20T15:00:00-05:00, with an offset"
RECORDED = validator("outcomes").evolve(schema=validator("outcomes").schema["$defs"]["recorded"])


def outcome(prospect_id: str = "c-1", word: str = "replied", **more: object) -> Json:
    """What became of a prospect."""
    at = "2026-11-20T10:00:00-05:00"
    return {"prospect_id": prospect_id, "outcome": word, "at": at, **more}


def tell(client: FlaskClient, body: object) -> list[bool]:
    """Tell it; for each whether it is new."""
    response = client.post("/v1/outcomes", json=body)
    assert response.status_code == 200, response.text
    answer = response.get_json()
    new = [told["new"] for told in answer["outcomes"]]
    assert (answer["recorded"], answer["known"]) == (new.count(True), new.count(False))
    return new


def listed(client: FlaskClient, **query: object) -> list[Json]:
    """What is kept, the newest first."""
    response = client.get("/v1/outcomes", query_string=query)
    assert response.status_code == 200, response.text
    found: list[Json] = response.get_json()["outcomes"]
    return found


def test_one_outcome_is_kept_with_all_that_was_told(standing: FlaskClient) -> None:
    """Its moment in UTC; its decision need not be there."""
    told = outcome("c/1 é", "won", decision_id="of another system", account_id="a-1")

    assert tell(standing, told) == [True]

    [kept] = listed(standing)
    assert {name: kept[name] for name in told} == {**told, "at": "2026-11-20T15:00:00+00:00"}
    assert kept["source"] == "caller"


def test_what_is_known_is_not_new(standing: FlaskClient) -> None:
    """The same prospect, word and moment, however written and whatever else is said of it."""
    first = [outcome("c-1"), outcome("c-2"), outcome("c-1", "won")]
    again = outcome("c-1", at="2026-11-20T15:00:00.000Z", decision_id="d-1")
    later = outcome("c-1", at="2026-11-20T15:00:01Z")

    assert tell(standing, {"outcomes": [*first, first[0]]}) == [True, True, True, False]
    assert tell(standing, again) == [False]
    assert tell(standing, {"outcomes": [later, *first]}) == [True, False, False, False]
    assert len(listed(standing)) == 4


def test_in_any_order_the_same_is_kept(standing: FlaskClient) -> None:
    """Told in batches of any size, again and again."""
    random = Random(7)  # noqa: S311 - the same every time
    all_of_it = [outcome(f"c-{n}", word) for n in range(6) for word in OUTCOMES]
    for _ in range(8):
        tell(standing, {"outcomes": random.sample(all_of_it, random.randint(1, 30))})
    tell(standing, {"outcomes": all_of_it})

    kept = sorted((each["prospect_id"], each["outcome"]) for each in listed(standing, limit=200))

    assert kept == sorted((each["prospect_id"], each["outcome"]) for each in all_of_it)


def test_lists_are_filtered(standing: FlaskClient) -> None:
    """By prospect, outcome and time of recording."""
    for told in (outcome("c-1"), outcome("c-2"), outcome("c-1", "won")):
        tell(standing, told)
    moment = listed(standing)[1]["recorded_at"]

    def words(**query: object) -> list[tuple[str, str]]:
        return [(each["prospect_id"], each["outcome"]) for each in listed(standing, **query)]

    assert words() == [("c-1", "won"), ("c-2", "replied"), ("c-1", "replied")]
    assert words(prospect_id="c-1") == [("c-1", "won"), ("c-1", "replied")]
    assert words(outcome="replied") == [("c-2", "replied"), ("c-1", "replied")]
    assert words(since=moment) == [("c-1", "won"), ("c-2", "replied")]
    assert words(until=moment) == [("c-1", "replied")]


# ---- seen in histories --------------------------------------------------------------


def test_a_reply_in_a_later_request_is_one_outcome(standing: FlaskClient) -> None:
    """However often the history comes, and whether or not somebody told of it as well."""
    reply = {"at": "2026-11-20T10:00:00-05:00", "direction": "inbound", "channel": "email"}
    body = {"prospect": {"id": "c-1"}, "history": [reply], "as_of": "2026-11-20T16:00:00-05:00"}
    for _ in range(3):
        assert standing.post("/v1/next-action", json=body).status_code == 200

    assert tell(standing, outcome("c-1")) == [False]

    [kept] = listed(standing)
    assert (kept["outcome"], kept["source"]) == ("replied", "history")
    assert kept["at"] == "2026-11-20T15:00:00+00:00"


def test_only_what_a_person_did_is_an_outcome(standing: FlaskClient) -> None:
    """Machines answer too, and what comes after the moment asked about is not known yet."""
    for number, word in enumerate(INBOUND_OUTCOMES):
        touch = {"direction": "inbound", "channel": "email", "outcome": word}
        history = [{**touch, "at": f"2026-11-{day}T10:00:00Z"} for day in (19, 25)]
        body = {"prospect": {"id": f"{number}"}, "history": history}
        asked = standing.post("/v1/next-action", json={**body, "as_of": "2026-11-20T15:00:00Z"})
        assert asked.status_code == 200, asked.text

    found = {(each["prospect_id"], each["outcome"], each["at"][8:10]) for each in listed(standing)}

    told = {word: word for word in ("meeting_booked", "opted_out", "complained")}
    told |= dict.fromkeys(HUMAN_INBOUND, "replied")
    told = {**told, **{word: word for word in ("meeting_booked", "opted_out", "complained")}}
    expected = {
        (f"{number}", told[word], "19")
        for number, word in enumerate(INBOUND_OUTCOMES)
        if word in told
    }
    assert found == expected


# ---- mistakes -----------------------------------------------------------------------


def _at(hours: float) -> str:
    return (datetime.now(UTC) + timedelta(hours=hours)).isoformat(timespec="seconds")


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ([], {"": "must be an object"}),
        ({}, dict.fromkeys(["/prospect_id", "/outcome", "/at"], "is missing")),
        ({"outcomes": []}, {"/outcomes": "must not be empty"}),
        ({"outcomes": {}}, {"/outcomes": "must be a list"}),
        (
            {"outcomes": [outcome()], **outcome()},
            dict.fromkeys(
                ["/prospect_id", "/outcome", "/at"], "is not a field here; there are `outcomes`"
            ),
        ),
        (
            {"outcomes": [outcome(str(n)) for n in range(501)]},
            {"/outcomes": "may have at most 500 entries"},
        ),
        (
            {"outcomes": [3, outcome(word="bought", at="yesterday", decision_id="d" * 37)]},
            {
                "/outcomes/0": "must be an object",
                "/outcomes/1/outcome": f"must be one of: {', '.join(OUTCOMES)}",
                "/outcomes/1/at": WRITTEN_SO,
                "/outcomes/1/decision_id": "may have at most 36 characters",
            },
        ),
        (
            {"outcomes": [outcome(), outcome("c\0", at="2999-01-01T00:00:00Z", account_id="\0")]},
            {
                "/outcomes/1/prospect_id": "holds the character U+0000, which cannot be kept",
                "/outcomes/1/account_id": "holds the character U+0000, which cannot be kept",
                "/outcomes/1/at": "is more than a day ahead of the service's clock",
            },
        ),
        (outcome(""), {"/prospect_id": "must not be empty"}),
        (outcome("c" * 201), {"/prospect_id": "may have at most 200 characters"}),
        (outcome(at="2026-02-30T10:00:00Z"), {"/at": WRITTEN_SO}),
        (outcome(at="2026-11-20T10:00:00"), {"/at": WRITTEN_SO}),
        (outcome(at=None), {"/at": WRITTEN_SO}),
        (outcome(at=_at(25)), {"/at": "is more than a day ahead of the service's clock"}),
    ],
    ids=lambda case: str(case)[:60],
)
def test_every_mistake_is_told_at_its_place(
    body: object, errors: dict[str, str], client: FlaskClient
) -> None:
    """All at once, and nothing of the batch is kept."""
    before = listed(client, limit=200)

    response = client.post("/v1/outcomes", json=body)

    assert response.status_code == 422
    found = response.get_json(force=True)["errors"]
    assert {error["path"]: error["message"] for error in found} == errors
    assert len(found) == len(errors)
    assert listed(client, limit=200) == before


def test_very_many_mistakes_are_fifty(client: FlaskClient) -> None:
    """And that there are more is said."""
    response = client.post("/v1/outcomes", json={"outcomes": [{}] * 100})

    problem = response.get_json(force=True)
    assert (response.status_code, len(problem["errors"])) == (422, 50)
    assert problem["detail"].startswith("at least 50 mistakes; ")


def test_a_clock_may_be_a_little_ahead(standing: FlaskClient) -> None:
    """Clocks differ; and an old outcome is as good as a new one."""
    for at in (_at(23), "1900-01-01T00:00:00Z"):
        assert tell(standing, outcome(at=at)) == [True]


def test_the_largest_batch_is_kept(standing: FlaskClient) -> None:
    """Five hundred at once, and the answer keeps to its form."""
    body = {"outcomes": [outcome(f"c-{n}") for n in range(500)]}

    response = standing.post("/v1/outcomes", json=body)

    answer = response.get_json()
    assert answer["recorded"] == 500
    RECORDED.validate({**answer, "outcomes": []})
