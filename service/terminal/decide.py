"""`unghost decide`: what to do next about the prospect in a file, and why."""

import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from service.decision import InvalidRequest, Ready, decide, make_ready, read_request
from service.playbook.diagnostics import did_you_mean
from service.playbook.vocabulary import ACTIONS
from service.shipped import shipped
from service.store.library import open_library
from service.terminal.answer import show_decision
from service.terminal.console import terminal
from service.terminal.mistakes import show_diagnostics
from service.terminal.sources import read_source, refuse, why_unreadable
from service.web.requests import request_checker
from service.web.strict_json import MalformedBody, parse_json


@click.command("decide")
@click.argument("file", metavar="REQUEST.json")
@click.option(
    "--playbook",
    metavar="NAME_OR_FILE",
    help="The playbook to decide with; left out, the one that the request names, or house.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the answer as the service gives it.")
def decide_command(file: str, playbook: str | None, *, as_json: bool) -> None:
    """Say what to do next about the prospect in REQUEST.json, and why.

    The file holds what a CRM would send to the service; `-` reads it from the standard input.
    Exits with 2 where the request is not valid, and says what is wrong with it.
    """
    request = _read_request_file(file)
    if playbook and _is_file_name(playbook):
        ready, titles = _from_file(playbook)
    else:
        ready, titles = _from_library(playbook or request.get("playbook"))
    try:
        answer = decide(ready, read_request(request, ready, datetime.now(UTC))).to_json()
    except InvalidRequest as error:
        refuse(f"{one.path}: {one.message}" for one in error.errors)
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False, indent=2))
    else:
        show_decision(terminal(), answer, {**ACTIONS, **titles})


def _read_request_file(file: str) -> dict[str, Any]:
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


def _is_file_name(playbook: str) -> bool:
    return playbook.endswith((".yaml", ".yml")) or "/" in playbook


def _from_file(file: str) -> tuple[Ready, Mapping[str, str]]:
    """A playbook made ready, and what its own actions are called."""
    source = read_source(file)
    playbook, ruleset = source.loaded.playbook, source.loaded.ruleset
    if playbook is None or ruleset is None:
        show_diagnostics(terminal(stderr=True), file, source.text, source.diagnostics)
        source.complain()
        sys.exit(source.status)
    return make_ready(ruleset), playbook.actions


def _from_library(name: str | None) -> tuple[Ready, Mapping[str, str]]:
    """The same for a playbook of the service's folder, by its name."""
    from service.app import Settings  # noqa: PLC0415 - see `serve`

    settings = Settings.from_environment()
    wanted = name or settings.default_playbook
    try:
        library = open_library(settings.playbooks)
    except OSError as error:
        refuse([str(error)])
    published = library.get(wanted)
    if published is None:
        hint = did_you_mean(wanted, [each.name for each in library.all()])
        refuse([f"there is no playbook `{wanted}` in {settings.playbooks}", *([hint] * bool(hint))])
    return published.ready, published.playbook.actions
