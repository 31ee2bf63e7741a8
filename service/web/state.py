"""What the endpoints share: made once by `create_app`, never changed afterwards."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, cast

from flask import Flask, current_app
from werkzeug.local import LocalProxy

from service.decision import Decision, Request, decide
from service.decision.guards import Guards
from service.playbook.diagnostics import did_you_mean
from service.store.access.throttle import Throttle
from service.store.in_force.playbooks import Playbooks, Published
from service.store.in_force.snapshot import PublishedPolicy, Snapshot
from service.store.ledger.ledger import Drawn, Used
from service.store.store import Clock, Store
from service.web.contract_files import ContractFiles
from service.web.requests import Checker

EXTENSION = "unghost"


class UnknownPlaybook(Exception):  # noqa: N818 - it says what was sent
    """There is no playbook of that name."""

    def __init__(self, name: str, hint: str) -> None:
        super().__init__(f"there is no playbook `{name}`" + (f"; {hint}" if hint else ""))


class UnknownAddress(Exception):  # noqa: N818 - it says what was sent
    """There is nothing where the request points; the message says what is not there."""


class NotReady(Exception):  # noqa: N818 - a state, not a mistake
    """The service cannot answer at the moment; the message says what is missing."""


@dataclass(frozen=True)
class Checkers:
    """What finds the mistakes in a body, by what the body is."""

    request: Checker
    timeline: Checker
    outcomes: Checker
    plan: Checker


class Present(NamedTuple):
    """What is in force: taken once by a request, and the same to its end."""

    snapshot: Snapshot
    policy: PublishedPolicy
    default_playbook: str

    @property
    def playbooks(self) -> Playbooks:
        """The playbooks in force."""
        return self.snapshot.playbooks

    @property
    def guards(self) -> Guards:
        """The contact policy, made ready."""
        return self.policy.guards

    def playbook(self, name: str) -> Published:
        """The playbook of that name.

        Raises:
            UnknownPlaybook: there is none.
        """
        if published := self.playbooks.get(name):
            return published
        names = [published.name for published in self.playbooks.all()]
        raise UnknownPlaybook(name[:100], did_you_mean(name[:100], names))

    def default(self) -> Published:
        """The playbook for requests that name none.

        Raises:
            NotReady: it did not load.
        """
        if published := self.playbooks.get(self.default_playbook):
            return published
        raise NotReady(f"the default playbook `{self.default_playbook}` is not loaded")

    def decider(self, published: Published) -> Callable[[Request], Decision]:
        """How requests are decided with a playbook, under the policy in force."""
        ready, guards = published.ready, self.guards
        return lambda request: decide(ready, guards, request)

    def used(self, published: Published, drawn: Drawn | None = None) -> Used:
        """What the ledger notes of a decision with this playbook."""
        policy = self.policy
        return Used(published.version, policy.name, policy.version, policy.digest, drawn)


@dataclass(frozen=True)
class State:
    """The parts, joined; `clock` says what time it is."""

    store: Store
    default_playbook: str
    mistakes_in: Checkers
    files: ContractFiles
    throttle: Throttle
    clock: Clock

    def now(self) -> Present:
        """What is in force at this moment.

        Raises:
            NotReady: nothing is.
        """
        self.store.recurring.begin()  # anew, where this process was forked since
        snapshot = self.store.in_force.now()
        if snapshot.policy is None:
            what = "nothing" if snapshot.generation is None else "no contact policy"
            raise NotReady(f"{what} is in force yet")
        return Present(snapshot, snapshot.policy, self.default_playbook)


def current_state() -> State:
    """The state of the app that answers the current request."""
    app = cast("LocalProxy[Flask]", current_app)._get_current_object()  # noqa: SLF001 - as in `current_exchange`
    return cast("State", app.extensions[EXTENSION])
