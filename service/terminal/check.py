"""`unghost check`: every mistake in playbooks and all else that is written, at its line."""

import json
import sys
from collections.abc import Iterable
from dataclasses import replace

import click

from service.decision.fit import fitted
from service.terminal.console import counted, terminal
from service.terminal.mistakes import annotation, show_diagnostics
from service.terminal.questions import POLICY, policy_in_force
from service.terminal.sources import FILES, Source, read_source


@click.command()
@FILES
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    show_default=True,
    help="text for people, json for programs, github for notes beside the lines of a change.",
)
@POLICY
def check(files: tuple[str, ...], form: str, policy: str | None) -> None:
    """Show every mistake in playbooks, policies and experiments, each at its line.

    What a file holds, a pack of laws too, is told by its first word. Of a playbook it is told
    as well what can never go as it is written under the contact policy. Each mistake comes with
    what to do about it, where that is known. Exits with 1 where there is an error, with 2
    where a file cannot be read. Warnings alone are fine.
    """
    sources = [_fitted(read_source(file), policy) for file in files]
    match form:
        case "json":
            report = {"files": [_as_json(source) for source in sources]}
            click.echo(json.dumps(report, ensure_ascii=False, indent=2))
        case "github":
            for source in sources:
                for diagnostic in source.diagnostics:
                    click.echo(annotation(source.file, diagnostic))
                source.complain()
        case _:
            for source in sources:
                show_diagnostics(terminal(), source.file, source.text, source.diagnostics)
                source.complain()
            click.echo(_summary(sources))
    sys.exit(max(source.status for source in sources))


def _fitted(source: Source, policy: str | None) -> Source:
    """A sound playbook with what does not fit the policy of a file; None: that in force."""
    if source.loaded.ruleset is None:
        return source
    return replace(source, loaded=fitted(source.loaded, policy_in_force(policy).policy))


def _as_json(source: Source) -> dict[str, object]:
    return {
        "file": source.file,
        "valid": source.status == 0,
        "unreadable": source.refusal or None,
        "diagnostics": [diagnostic.to_json() for diagnostic in source.diagnostics],
    }


def _summary(sources: Iterable[Source]) -> str:
    sources = [source for source in sources if not source.refusal]
    severities = [d.severity for source in sources for d in source.diagnostics]
    errors, warnings = severities.count("error"), severities.count("warning")
    found = "no mistakes"
    if errors or warnings:
        found = f"{counted(errors, 'error')} and {counted(warnings, 'warning')}"
    kind = "file" if any(source.other for source in sources) else "playbook"
    return f"{found} in {counted(len(sources), kind)}"
