"""What an experiment adds to a decision: finding the arm of a unit, and giving one the first time.

One experiment runs that takes everybody in, with an audience of two conditions and units that are
accounts; the database is a file on the disk.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from typing import Any
from unittest.mock import patch

from service.app import create_app
from service.settings import Settings
from service.web import choosing
from service.web.choosing import Body, Choice, choose
from tests.benchmarks.spread import microseconds
from tests.benchmarks.tables import Table, middle, number
from tests.services import new_database

#: Microseconds that an experiment may add where the unit has its arm and this process knows.
MOST = 15
_NAME = "two-ways"
_TEXT = f"""\
experiment: {_NAME}
title: One way against the other
hypothesis: The other books more meetings.
arms:
  - {{arm: control, playbook: house}}
  - {{arm: other, playbook: never-give-up}}
audience: {{seniority: {{at_least: manager}}, country: [US, CA]}}
primary: {{outcome: meeting_booked, within: 30 days}}
planned: 800
"""
_PROSPECT = {
    "id": "c-1",
    "account_id": "a-1",
    "email": "somebody@example.com",
    "seniority": "director",
    "country": "US",
}


def assigning(seconds: float) -> dict[str, Any]:
    """µs to choose the playbook: without an experiment, with the arm known, and the first time.

    The request is read in the words of the playbook either way, which is left out here.
    """
    settings = replace(Settings.from_environment(), database=new_database(), log_level=None)
    state = create_app(settings).extensions["unghost"]
    store, now = state.store, datetime.now(UTC)
    before = state.now()
    draft = store.documents.drafts.save("experiment", _NAME, _TEXT, None, "bench", now)
    store.documents.publish("experiment", _NAME, draft.digest, "bench", "", now)
    store.experiments.start(_NAME, "bench", "", now)
    store.in_force.refresh()
    running, numbers = state.now(), count()
    body: Body = {"prospect": _PROSPECT, "history": []}

    def first() -> Choice:
        new = {**_PROSPECT, "account_id": f"n-{next(numbers)}"}
        return choose(state, running, {**body, "prospect": new}, now)

    wanted = choose(state, before, body, now).request
    if choose(state, running, body, now).drawn is None or first().drawn is None:
        raise ValueError("the experiment takes nobody in")
    calls = {
        "none": lambda: choose(state, before, body, now),
        "known": lambda: choose(state, running, body, now),
    }
    with patch.object(choosing, "read_request", lambda *_: wanted):
        times = {**microseconds(calls, seconds / 2), **microseconds({"first": first}, seconds / 2)}
    store.close()
    return {name: time.to_json() for name, time in times.items()}


def added(results: Mapping[str, Any]) -> float:
    """What the experiment adds where the arm is known, in µs."""
    return float(results["known"]["median"] - results["none"]["median"])


def table(results: Mapping[str, Any], decision: float) -> Table:
    """What was found; `decision` is what a whole decision takes, in µs."""
    rows = (
        ("no experiment runs", middle(results["none"]), ""),
        ("one runs, and the unit's arm is known", middle(results["known"]), ""),
        ("what that adds", number(added(results)), f"{added(results) / decision:.2f} x"),
        ("a unit that comes first, its row on the disk", middle(results["first"]), ""),
    )
    columns = ("what", "µs: median (p10-p90)", "over a whole decision of house, 10 touches")
    return Table("The arm of a unit", columns, rows)
