"""Which playbook answers a request: the one it names, or that of its arm, or the default.

The request is read in that playbook's words before its unit gets an arm for good: a request that
is refused takes nobody in.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple, cast

from service.decision import Request, read_request
from service.experiment import Arm, Assignment, Identity, Running, Standing, resolve, units_of
from service.store.experiments.assignments import Enrolled
from service.store.in_force.playbooks import Published
from service.store.ledger.ledger import Drawn
from service.store.ledger.outcome_rows import UnfitText, check_text
from service.web.problems import InvalidBody, playbook_asked_for
from service.web.requests import Mistake
from service.web.state import Present, State

Body = Mapping[str, Any]

#: Where the ids stand in a request that are kept beside it.
_PATHS = {"prospect_id": "/prospect/id", "account_id": "/prospect/account_id"}


class Choice(NamedTuple):
    """The playbook that answers, the request in its words, and how an experiment chose it, if so.

    `readable` are the facts that the ledger keeps: in an experiment those of all arms, or
    nobody could say later what the others would have answered.
    """

    published: Published
    request: Request
    readable: frozenset[str]
    drawn: Drawn | None = None


def choose(state: State, present: Present, body: Body, now: datetime) -> Choice:
    """The playbook for a request whose shape is right.

    Raises:
        InvalidBody: there is no playbook, experiment or arm of the name that it gives, or an id
            holds a character that cannot be kept.
        InvalidRequest: the playbook cannot read it.
        NotReady: the default playbook is not in force.
        DatabaseAway: an experiment is running, and nobody can ask for the unit's arm.
    """
    if (name := body.get("playbook")) is not None:
        published = playbook_asked_for(present, name, "/playbook")
        if body.get("experiment"):
            message = "cannot be given together with `playbook`: an arm has a playbook"
            raise InvalidBody(Mistake("/experiment", message))
        return Choice(published, _read(body, published, now), published.readable)
    forced = forced_arms(present, body)
    if present.snapshot.experiments and (choice := _drawn(state, present, body, forced, now)):
        return choice
    published = present.default()
    return Choice(published, _read(body, published, now), published.readable)


def _read(body: Body, published: Published, now: datetime) -> Request:
    request = read_request(body, published.ready, now)
    try:
        check_text("prospect_id", request.prospect_id)
        check_text("account_id", cast("str | None", request.given.get("account_id")))
    except UnfitText as error:
        raise InvalidBody(Mistake(_PATHS[error.field], str(error))) from error
    return request


def ask(
    state: State, present: Present, body: Body, forced: Mapping[str, str] | None = None
) -> tuple[Assignment, ...]:
    """What each experiment says of the unit that a request is about; nobody is taken in."""
    return _asked(state, present, body, forced or {})[0]


def _asked(
    state: State, present: Present, body: Body, forced: Mapping[str, str]
) -> tuple[tuple[Assignment, ...], Mapping[str, Enrolled]]:
    """The same, with the rows of the unit."""
    prospect = body["prospect"]
    identity = Identity(prospect["id"], prospect.get("account_id") or "", _text(prospect, "email"))
    names = [running.name for running in present.snapshot.experiments]
    rows = state.store.assignments.standing(names, units_of("account", identity))
    standings = {name: enrolled.standing for name, enrolled in rows.items()}
    return resolve(present.snapshot.experiments, prospect, identity, standings, forced), rows


def _drawn(
    state: State, present: Present, body: Body, forced: Mapping[str, str], now: datetime
) -> Choice | None:
    found, rows = _asked(state, present, body, forced)
    said = next((each for each in found if each.arm is not None), None)
    if said is None:
        return None
    running = next(each for each in present.snapshot.experiments if each.name == said.experiment)
    played = _played(present, body, said.arm, now)  # or refused, before anybody is taken in
    enrolled = rows.get(said.experiment) if said.reason == "sticky" else None
    if said.reason == "assigned" and played:
        enrolled = state.store.assignments.enrol(said, now)
        stands = _as_it_stands(running, said, enrolled.standing)
        if stands.arm != said.arm:
            played = _played(present, body, stands.arm, now)
        said = stands
    if said.arm is None or played is None:
        return None
    drawn = Drawn(
        said.experiment,
        said.phase,
        said.arm.name,
        said.unit.type,
        enrolled.unit_key if enrolled else state.store.assignments.key(said.unit),
        said.reason,
        said.propensity,
    )
    return Choice(*played, present.snapshot.readable_in(running), drawn)


def _played(
    present: Present, body: Body, arm: Arm | None, now: datetime
) -> tuple[Published, Request] | None:
    """The playbook of an arm, and the request in its words; None: it is out of force."""
    published = present.snapshot.playbook_of(arm) if arm else None
    return (published, _read(body, published, now)) if published else None


def _as_it_stands(running: Running, said: Assignment, standing: Standing) -> Assignment:
    """Another process may have been quicker to write the unit's row, and then that one's holds."""
    arm = running.standing_arm(standing)
    return said._replace(phase=standing.phase, arm=arm, propensity=standing.propensity)


def forced_arms(present: Present, body: Body) -> Mapping[str, str]:
    """The arm that the request forces, by the experiment's name. Raises InvalidBody."""
    asked = body.get("experiment")
    if not asked:
        return {}
    name, arm = asked["name"], asked["arm"]
    running = next((each for each in present.snapshot.experiments if each.name == name), None)
    if running is None or not running.is_enrolling:
        raise InvalidBody(Mistake("/experiment/name", f"no experiment `{name}` is running"))
    if running.phase.arm(arm) is None:
        known = ", ".join(f"`{each.name}`" for each in running.phase.arms)
        raise InvalidBody(
            Mistake("/experiment/arm", f"`{name}` has no arm `{arm}`; it has {known}")
        )
    return {name: arm}


def _text(prospect: Mapping[str, Any], name: str) -> str:
    value = prospect.get(name)
    return value if isinstance(value, str) else ""
