"""The service, put together: the only place where the parts are joined.

gunicorn --worker-class gthread --threads 64 "service.app:create_app()"
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask, Request, Response, request
from flask.sessions import NullSession, SessionInterface

from service.shipped import shipped
from service.store.opening import DEFAULT_URL
from service.store.store import open_store
from service.web import (
    contract,
    decisions,
    exchange,
    health,
    metrics,
    playbooks,
    problems,
    timeline,
)
from service.web.contract_files import read_contract
from service.web.requests import request_checker
from service.web.state import EXTENSION, Checkers, State


@dataclass(frozen=True)
class Settings:
    """What an operator can choose."""

    database: str
    playbooks: Path
    default_playbook: str = "house"
    policy: Path | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """The settings that the environment holds, and the defaults for the others.

        `DATABASE_URL` is the database; left out, the file `unghost.db` in the folder of the
        process. `UNGHOST_DEFAULT_PLAYBOOK` is the name of the playbook for requests that name
        none. A first start fills the database: `UNGHOST_PLAYBOOKS` is a folder of playbooks;
        left out, those that ship with the product. `UNGHOST_POLICY` is the file of the contact
        policy; left out, `policy/default.yaml` in the folder of playbooks, or where there is
        none the one that ships.
        """
        policy = environment.get("UNGHOST_POLICY")
        folder = environment.get("UNGHOST_PLAYBOOKS")
        return cls(
            database=environment.get("DATABASE_URL") or DEFAULT_URL,
            playbooks=Path(folder) if folder else shipped("playbooks"),
            default_playbook=environment.get("UNGHOST_DEFAULT_PLAYBOOK") or "house",
            policy=Path(policy) if policy else None,
        )

    def policy_file(self) -> Path:
        """The file of the contact policy that a first start takes."""
        beside = self.playbooks / "policy" / "default.yaml"
        if self.policy is not None:
            return self.policy
        return beside if beside.exists() else shipped("playbooks", "policy", "default.yaml")


class _NoSessions(SessionInterface):
    """Nobody logs in: every exchange has the same empty session."""

    _empty = NullSession()

    def open_session(self, app: Flask, request: Request) -> NullSession:  # noqa: ARG002
        """The empty one."""
        return self._empty


class Service(Flask):
    """Flask without what nothing here uses, and with an empty answer to OPTIONS."""

    session_interface = _NoSessions()

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function itself: none here is asynchronous, and Flask asks at every call."""
        return func

    def make_default_options_response(self) -> Response:
        """204, and what is allowed in `Allow`."""
        allowed = request.url_rule.methods if request.url_rule else None
        response = Response(status=204, headers={"Allow": ", ".join(sorted(allowed or ()))})
        del response.headers["Content-Type"]
        return response


def create_app(settings: Settings | None = None) -> Flask:
    """The service as a WSGI application; without settings, as the environment says.

    Raises:
        OSError: the folder of playbooks, the policy, or a file of the contract cannot be read.
        FaultyPolicy: the contact policy has errors.
        WrongTables: the tables of the database are not those of this version.
        ValueError: the database's address is none, or a file of the contract does not hold what
            it should.
    """
    settings = settings or Settings.from_environment()
    app = Service("unghost", static_folder=None)
    app.url_map.merge_slashes = False  # no redirects: a wrong address is a wrong address
    app.extensions[EXTENSION] = State(
        store=open_store(
            settings.database, settings.playbooks, settings.policy_file(), settings.default_playbook
        ),
        default_playbook=settings.default_playbook,
        mistakes_in=Checkers(
            request=request_checker(shipped("schemas", "decision-request.schema.json")),
            timeline=request_checker(shipped("schemas", "timeline-request.schema.json")),
        ),
        files=read_contract(shipped("openapi.yaml"), shipped("schemas")),
    )
    exchange.install(app)
    problems.install(app)
    for resource in (decisions, timeline, playbooks, health, metrics, contract):
        app.register_blueprint(resource.blueprint)
    return app
