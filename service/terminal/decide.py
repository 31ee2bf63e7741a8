"""`unghost decide`: what to do next about the prospect in a file, and why."""

import json
from datetime import UTC, datetime

import click

from service.decision import InvalidRequest, read_request
from service.playbook.vocabulary import ACTIONS
from service.terminal.answer import show_decision
from service.terminal.console import terminal
from service.terminal.questions import (
    PLAYBOOK,
    POLICY,
    choose_playbook,
    read_request_file,
    refuse_request,
)


@click.command("decide")
@click.argument("file", metavar="REQUEST.json")
@PLAYBOOK
@POLICY
@click.option("--json", "as_json", is_flag=True, help="Print the answer as the service gives it.")
def decide_command(file: str, playbook: str | None, policy: str | None, *, as_json: bool) -> None:
    """Say what to do next about the prospect in REQUEST.json, and why.

    The file holds what a CRM would send to the service; `-` reads it from the standard input.
    Exits with 2 where the request is not valid, and says what is wrong with it.
    """
    request = read_request_file(file)
    chosen = choose_playbook(playbook or request.get("playbook"), policy)
    try:
        answer = chosen.decide(read_request(request, chosen.ready, datetime.now(UTC))).to_json()
    except InvalidRequest as error:
        refuse_request(error)
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False, indent=2))
    else:
        show_decision(terminal(), answer, {**ACTIONS, **chosen.titles})
