"""What the endpoints share: made once by `create_app`, never changed afterwards."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from flask import current_app

from service.decision import Decision, Request, decide
from service.decision.guards import Guards
from service.playbook.diagnostics import did_you_mean
from service.store.library import Library, Published
from service.web.contract_files import ContractFiles
from service.web.requests import Mistake

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
class State:
    """The parts, joined."""

    library: Library
    guards: Guards
    default_playbook: str
    mistakes_in_request: Callable[[object], tuple[Mistake, ...]]
    mistakes_in_timeline: Callable[[object], tuple[Mistake, ...]]
    files: ContractFiles

    def playbook(self, name: str) -> Published:
        """The published playbook of that name.

        Raises:
            UnknownPlaybook: there is none.
        """
        if published := self.library.get(name):
            return published
        names = [published.name for published in self.library.all()]
        raise UnknownPlaybook(name[:100], did_you_mean(name[:100], names))

    def default(self) -> Published:
        """The playbook for requests that name none.

        Raises:
            NotReady: it did not load.
        """
        if published := self.library.get(self.default_playbook):
            return published
        raise NotReady(f"the default playbook `{self.default_playbook}` is not loaded")

    def decider(self, published: Published) -> Callable[[Request], Decision]:
        """How requests are decided with a playbook, under the policy in force."""
        ready, guards = published.ready, self.guards
        return lambda request: decide(ready, guards, request)


def current_state() -> State:
    """The state of the app that answers the current request."""
    return cast("State", current_app.extensions[EXTENSION])
