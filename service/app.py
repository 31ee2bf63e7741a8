"""The service, put together: the only place where the parts are joined.

gunicorn --worker-class gthread --threads 64 "service.app:create_app()"
"""

from collections.abc import Callable
from typing import Any

from flask import Flask, Request, Response, request
from flask.sessions import NullSession, SessionInterface
from werkzeug.routing import MapAdapter

from service.settings import Settings
from service.shipped import shipped
from service.store.access.throttle import Throttle
from service.store.privacy.upkeep import read_days
from service.store.store import Clock, Store, now_by_the_machine, open_store
from service.web import (
    access,
    audit,
    contract,
    decisions,
    exchange,
    experiments,
    health,
    ledger,
    logs,
    metrics,
    outcomes,
    planning,
    playbooks,
    policies,
    problems,
    prospects,
    timeline,
)
from service.web.contract_files import read_contract
from service.web.requests import request_checker
from service.web.state import EXTENSION, Checkers, State


def opened_store(settings: Settings, clock: Clock = now_by_the_machine) -> Store:
    """Everything that is kept. Raises as `store.store.open_store`, and `upkeep.read_days`."""
    folder, policy, days = settings.playbooks, settings.policy_file(), read_days(settings.keep_days)
    return open_store(settings.database, folder, policy, settings.default_playbook, days, clock)


class _NoSessions(SessionInterface):
    """Nobody logs in: every exchange has the same empty session."""

    _empty = NullSession()

    def open_session(self, app: Flask, request: Request) -> NullSession:  # noqa: ARG002
        """The empty one."""
        return self._empty


class Service(Flask):
    """Flask without what nothing here uses, and with an empty answer to OPTIONS."""

    session_interface = _NoSessions()

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """What finds the rule of an address: by its path alone, whatever the host is called."""
        if request is None:
            return None
        path, method = request.path, request.method
        return MapAdapter(self.url_map, "", "/", "", "http", path_info=path, default_method=method)

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function itself: none here is asynchronous, and Flask asks at every call."""
        return func

    def make_default_options_response(self) -> Response:
        """204, and what is allowed in `Allow`."""
        matched = str(request.url_rule)
        rules = [rule for rule in self.url_map.iter_rules() if rule.rule == matched]
        allowed = {method for rule in rules for method in rule.methods or ()}
        response = Response(status=204, headers={"Allow": ", ".join(sorted(allowed))})
        del response.headers["Content-Type"]
        return response


def create_app(settings: Settings | None = None, clock: Clock = now_by_the_machine) -> Flask:
    """The service as a WSGI application; without settings, as the environment says.

    `clock` gives the moment it is.

    Raises:
        OSError: the folder of playbooks, the policy, or a file of the contract cannot be read.
        FaultyPolicy: the contact policy has errors.
        WrongTables: the tables of the database are not those of this version.
        ValueError: the database's address, the quota or the level of the logs is none, or a file
            of the contract does not hold what it should.
    """
    settings = settings or Settings.from_environment()
    app = Service("unghost", static_folder=None)
    app.url_map.merge_slashes = False  # no redirects: a wrong address is a wrong address
    if settings.log_level is not None:
        logs.install(app, settings.log_level)  # first, so that it sees an exchange last
    throttle = Throttle(access.read_quota(settings.quota))
    state = app.extensions[EXTENSION] = State(
        store=opened_store(settings, clock),
        default_playbook=settings.default_playbook,
        mistakes_in=Checkers(
            request=request_checker(shipped("schemas", "decision-request.schema.json")),
            timeline=request_checker(shipped("schemas", "timeline-request.schema.json")),
            outcomes=request_checker(shipped("schemas", "outcome-request.schema.json")),
            plan=request_checker(shipped("schemas", "plan-request.schema.json")),
        ),
        files=read_contract(shipped("openapi.yaml"), shipped("schemas")),
        throttle=throttle,
        clock=clock,
    )
    state.store.in_force.tell_looks(metrics.note_look)
    exchange.install(app)
    access.install(app)
    problems.install(app)
    for resource in (decisions, timeline, playbooks, policies, health, metrics, contract):
        app.register_blueprint(resource.blueprint)
    for kept in (experiments, planning, ledger, outcomes, prospects, audit):
        app.register_blueprint(kept.blueprint)
    state.store.recurring.begin()
    return app
