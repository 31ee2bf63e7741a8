"""What a command is asked: a request in a file, and playbooks by name or file."""

import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import click

from service.decision import Decision, InvalidRequest, Ready, Request, decide, make_ready
from service.decision.guards import Guards
from service.playbook.diagnostics import did_you_mean
from service.settings import Settings
from service.shipped import shipped
from service.store.in_force.playbooks import Playbooks, open_playbooks
from service.store.in_force.policies import FaultyPolicy, open_policy
from service.terminal.console import terminal
from service.terminal.mistakes import show_diagnostics
from service.terminal.sources import read_playbook, refuse, why_unreadable
from service.web.requests import request_checker
from service.web.strict_json import MalformedBody, parse_json

POLICY = click.option(
    "--policy",
    metavar="FILE",
    help="The contact policy; left out, the one in force (UNGHOST_POLICY).",
)


PLAYBOOK = click.option(
    "--playbook",
    metavar="NAME_OR_FILE",
    help="The playbook to decide with; left out, the one that the request names, or house.",
)


class Chosen(NamedTuple):
    """A playbook made ready, what its own actions are called, and the policy above it."""

    ready: Ready
    titles: Mapping[str, str]
    guards: Guards

    def decide(self, request: Request) -> Decision:
        """The decision of the playbook under the policy."""
        return decide(self.ready, self.guards, request)


def read_request_file(file: str) -> dict[str, Any]:
    """The decision request in a file, `-` being the standard input; ends the command if none."""
    try:
        raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        request = parse_json(raw)
    except (OSError, ValueError) as error:
        refuse([f"{file}: {why_unreadable(error)}"])
    except MalformedBody as error:
        refuse([f"{error.path or file}: {error}"])
    mistakes = request_checker(shipped("schemas", "decision-request.schema.json"))(request)
    if mistakes or not isinstance(request, dict):
        refuse(f"{mistake.path or file}: {mistake.message}" for mistake in mistakes)
    return request


def choose_playbook(name_or_file: str | None, policy: str | None) -> Chosen:
    """A playbook of the service's folder by its name, or one by its file; None: the default.

    `policy` is the file of the contact policy; None: the one in force. Ends the command where
    there is none of them, or where one has mistakes.
    """
    by_file = bool(name_or_file and _is_file_name(name_or_file))
    ready, titles = _from_file(str(name_or_file)) if by_file else _from_folder(name_or_file)
    return Chosen(ready, titles, policy_in_force(policy))


def refuse_request(invalid: InvalidRequest) -> NoReturn:
    """End the command: the request cannot be answered."""
    refuse(f"{error.path}: {error.message}" for error in invalid.errors)


def _is_file_name(playbook: str) -> bool:
    return playbook.endswith((".yaml", ".yml")) or "/" in playbook


def _from_file(file: str) -> tuple[Ready, Mapping[str, str]]:
    source = read_playbook(file)
    playbook, ruleset = source.loaded.playbook, source.loaded.ruleset
    if playbook is None or ruleset is None:
        show_diagnostics(terminal(stderr=True), file, source.text, source.diagnostics)
        source.complain()
        sys.exit(source.status)
    return make_ready(ruleset), playbook.actions


def _from_folder(name: str | None) -> tuple[Ready, Mapping[str, str]]:
    settings = Settings.from_environment()
    wanted = name or settings.default_playbook
    try:
        playbooks = _playbooks(settings.playbooks)
    except OSError as error:
        refuse([str(error)])
    published = playbooks.get(wanted)
    if published is None:
        hint = did_you_mean(wanted, [each.name for each in playbooks.all()])
        refuse([f"there is no playbook `{wanted}` in {settings.playbooks}", *([hint] * bool(hint))])
    return published.ready, published.playbook.actions


def policy_in_force(file: str | None = None) -> Guards:
    """The contact policy of a file; None: that of the service.

    Ends the command where there is none, or where it has mistakes.
    """
    return _policy(Path(file) if file else Settings.from_environment().policy_file())


@cache
def _policy(file: Path) -> Guards:
    """Opened once, however many playbooks stand under it."""
    try:
        return open_policy(file)
    except (OSError, ValueError) as error:
        refuse([f"{file}: {why_unreadable(error)}"])
    except FaultyPolicy as faulty:
        refuse_policy(faulty)


def refuse_policy(faulty: FaultyPolicy) -> NoReturn:
    """End the command: the contact policy has mistakes, which are shown."""
    text = faulty.file.read_text("utf-8", "replace")
    show_diagnostics(terminal(stderr=True), str(faulty.file), text, faulty.diagnostics)
    sys.exit(1)


@cache
def _playbooks(folder: Path) -> Playbooks:
    """Opened once, however many playbooks of it are asked for."""
    return open_playbooks(folder)
