"""Selling with experiments over HTTP: a caller of the service, and a clock that can be turned."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.experiment_cases import AT, published
from tests.services import app_over
from tests.web.conftest import PLAYBOOKS, store_of, validator

Json = dict[str, Any]
REPORT = validator("report")
HOUSE = (PLAYBOOKS / "house.yaml").read_text("utf-8")
#: Another playbook, which asks by phone and earlier.
SECOND = HOUSE.replace("playbook: house", "playbook: second", 1).replace(
    "  channel: email\n  template: gentle-nudge\n  wait: {for: 7 days",
    "  channel: phone\n  wait: {for: 4 days",
)


@dataclass
class Clock:
    """A clock that stands still until it is turned."""

    now: datetime = datetime(2026, 9, 1, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        """The moment it is."""
        return self.now

    def turn(self, **time: float) -> None:
        """So much time passes."""
        self.now += timedelta(**time)


class Selling:
    """A caller of a service with the playbooks `house` and `second`."""

    def __init__(self, client: FlaskClient, clock: Clock) -> None:
        self.client = client
        self.clock = clock

    @property
    def url(self) -> str:
        """The address of the database."""
        return store_of(self.client).database.url

    def publish(self, at: str, name: str, text: str) -> None:
        """Have a text published as the next version."""
        draft, publish = published(at, name, text)
        if self.client.get(f"{at}/{name}/draft").status_code == 200:
            draft["headers"] = {"If-Match": "*"}
        for case in (draft, publish):
            response = self.client.open(**case)
            assert response.status_code in {200, 201}, response.text

    def run(self, name: str, *lines: str, **arms: str) -> Json:
        """Publish an experiment and start it; gives how far it has come."""
        self.publish(AT, name, text_of(name, *lines, **arms))
        return self.act(name, "start")

    def act(self, name: str, act: str, **words: object) -> Json:
        """Start, stop or decide; gives how far it has come."""
        return self.answer(f"{AT}/{name}/{act}", words)

    def refused(self, name: str, act: str, status: int, **words: object) -> Json:
        """The problem that an act comes to."""
        response = self.client.post(f"{AT}/{name}/{act}", json=words)
        assert response.status_code == status, response.text
        problem: Json = response.get_json(force=True)
        return problem

    def says(self, name: str, account: str, **facts: object) -> Json:
        """What an experiment says of an account, without taking it in."""
        return self.answer(f"{AT}/{name}/assignment", request(account, **facts))

    def decide(self, account: str, **facts: object) -> Json:
        """What to do about the first contact of an account."""
        return self.answer("/v1/next-action", request(account, **facts))

    def arm(self, account: str, **facts: object) -> str | None:
        """The arm whose playbook decides; None: the usual one does."""
        drawn = self.decide(account, **facts)["experiment"]
        return drawn and drawn["arm"]

    def tell(self, prospect: str, outcome: str, at: datetime | None = None, **more: str) -> Json:
        """Tell an outcome of a prospect, which has just happened unless it is said when."""
        moment = (at or self.clock.now).isoformat()
        told = {"prospect_id": prospect, "outcome": outcome, "at": moment, **more}
        return self.answer("/v1/outcomes", told)

    def report(self, name: str, **query: object) -> Json:
        """What came of an experiment, in the form of the contract."""
        response = self.client.get(f"{AT}/{name}/report", query_string=query)
        assert response.status_code == 200, response.text
        report: Json = response.get_json()
        REPORT.validate(report)
        return report

    def counts(self, name: str, **query: object) -> dict[str, tuple[int, int, int]]:
        """By arm the units that were assigned, those that are mature, and who converted."""
        return {
            arm["arm"]: (arm["funnel"]["assigned"], arm["funnel"]["mature"], arm["converted"])
            for arm in self.report(name, **query)["arms"]
        }

    def answer(self, address: str, body: object) -> Json:
        """What a POST gives."""
        response = self.client.post(address, json=body)
        assert response.status_code == 200, response.text
        answer: Json = response.get_json()
        return answer


def request(account: str, **facts: object) -> Json:
    """A request about the first contact of an account."""
    asked: Json = {"prospect": {"id": f"first-of-{account}", "account_id": account, **facts}}
    return {**asked, "history": []}


def text_of(name: str, *lines: str, **arms: str) -> str:
    """An experiment; `arms` are what follows the names of the arms, `lines` more of the text."""
    listed = arms or {"control": "playbook: house", "second": "playbook: second"}
    usual = ["primary: {outcome: meeting_booked, within: 14 days, grace: 2 days}", "planned: 100"]
    keys = {line.partition(":")[0] for line in lines}
    rest = [*lines, *(line for line in usual if line.partition(":")[0] not in keys)]
    return "\n".join(
        [
            f"experiment: {name}",
            "title: Two houses",
            "hypothesis: The second house books more meetings.",
            "arms:",
            *(f"  - {{arm: {arm}, {rest}}}" for arm, rest in listed.items()),
            *rest,
            "",
        ]
    )


@contextmanager
def selling(url: str, clock: Clock) -> Iterator[Selling]:
    """A service over a database; the playbook `second` is published where it is not yet."""
    client = app_over(PLAYBOOKS, url, clock=clock).test_client()
    seller = Selling(client, clock)
    if client.get("/v1/playbooks/second").status_code == 404:
        seller.publish("/v1/playbooks", "second", SECOND)
    yield seller
    store_of(client).close()


def draw_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the same units in the same arms at every run."""
    monkeypatch.setattr("service.store.experiments.experiments.token_hex", lambda size: "1f" * size)
    monkeypatch.setattr("service.store.sql.kept_once.secrets.token_hex", lambda size: "2e" * size)
