"""The service, put together: the only place where the parts are joined.

gunicorn --worker-class gthread --threads 16 "service.app:create_app()"
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from flask import Flask, Response, request

from service.shipped import shipped
from service.store.library import open_library
from service.web import contract, decisions, exchange, health, metrics, playbooks, problems
from service.web.contract_files import read_contract
from service.web.requests import request_checker
from service.web.state import EXTENSION, State


@dataclass(frozen=True)
class Settings:
    """What an operator can choose."""

    playbooks: Path
    default_playbook: str = "house"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """The settings that the environment holds, and the defaults for the others.

        `UNGHOST_PLAYBOOKS` is a folder of playbooks; left out, those that ship with the
        product. `UNGHOST_DEFAULT_PLAYBOOK` is the name of the playbook for requests that name
        none.
        """
        folder = environment.get("UNGHOST_PLAYBOOKS")
        return cls(
            playbooks=Path(folder) if folder else shipped("playbooks"),
            default_playbook=environment.get("UNGHOST_DEFAULT_PLAYBOOK") or "house",
        )


class Service(Flask):
    """Flask, with an empty answer to OPTIONS."""

    def make_default_options_response(self) -> Response:
        """204, and what is allowed in `Allow`."""
        allowed = request.url_rule.methods if request.url_rule else None
        response = Response(status=204, headers={"Allow": ", ".join(sorted(allowed or ()))})
        del response.headers["Content-Type"]
        return response


def create_app(settings: Settings | None = None) -> Flask:
    """The service as a WSGI application; without settings, as the environment says.

    Raises:
        OSError: the folder of playbooks, or a file of the contract, cannot be read.
        ValueError: a file of the contract does not hold what it should.
    """
    settings = settings or Settings.from_environment()
    app = Service("unghost", static_folder=None)
    app.url_map.merge_slashes = False  # no redirects: a wrong address is a wrong address
    app.extensions[EXTENSION] = State(
        library=open_library(settings.playbooks),
        default_playbook=settings.default_playbook,
        mistakes_in_request=request_checker(shipped("schemas", "decision-request.schema.json")),
        files=read_contract(shipped("openapi.yaml"), shipped("schemas")),
    )
    exchange.install(app)
    problems.install(app)
    for resource in (decisions, playbooks, health, metrics, contract):
        app.register_blueprint(resource.blueprint)
    return app
