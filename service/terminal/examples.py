"""`unghost test`: the examples inside playbooks and policies, and what none of them reaches."""

import sys
from collections.abc import Sequence

import click
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from service.decision import make_ready
from service.decision.examples import ExampleResult, ExamplesReport, run_examples
from service.decision.guards.examples import run_policy_examples
from service.playbook.text.document import read
from service.policy import LoadedLaws, LoadedPolicy, policy_of_laws
from service.terminal.console import counted, plain, terminal
from service.terminal.mistakes import show_diagnostics
from service.terminal.questions import POLICY, policy_in_force
from service.terminal.sources import FAULTY, FILES, Source, read_source

_FIRST_EXAMPLE = """\
  - example: a week after the first e-mail
    history: [{days_ago: 7, email: follow_up}]
    as_of: 2026-11-18 10:00
    expect: {action: follow_up}"""
_FIRST_EXAMPLE_OF_A_POLICY = """\
  - example: they asked us to stop
    prospect: {opted_out: true}
    as_of: 2026-11-18 10:00
    by: email
    expect: {verdict: BAR, guard: opt-out}"""


@click.command()
@FILES
@POLICY
def test(files: tuple[str, ...], policy: str | None) -> None:
    """Run the examples inside playbooks, contact policies and packs of laws.

    Where one does not come out as written, what it expects stands beside what came. At the
    end stand the rules that no example reaches. Exits with 1 where an example fails or a
    file has errors, with 2 where a file cannot be read.
    """
    sys.exit(max(_test(read_source(file), policy) for file in files))


def _test(source: Source, policy: str | None) -> int:
    console, report = terminal(), _run(source, policy)
    if report is None:
        errors = [d for d in source.diagnostics if d.severity == "error"]
        show_diagnostics(console, source.file, source.text, errors)
        source.complain()
        if source.status == 0:
            click.echo(f"{source.file}: an experiment has no examples")
        return source.status
    if not report.results:
        _show_how_to_begin(console, source)
        return 0
    document, _ = read(source.raw)
    lines = [
        document.place(("examples", result.number)).line if document else 1
        for result in report.results
    ]
    show_examples(console, source.file, lines, report)
    return 0 if report.passed else FAULTY


def _run(source: Source, under: str | None) -> ExamplesReport | None:
    """The examples of a file, run; None where it has errors or could not be read.

    Those of a playbook are run `under` a policy's file; None: that in force.
    """
    match source.other:
        case LoadedPolicy(policy, _, examples):
            return run_policy_examples(policy, examples) if policy else None
        case LoadedLaws(laws, _, examples):
            return run_policy_examples(policy_of_laws(laws), examples) if laws else None
    playbook, ruleset = source.loaded.playbook, source.loaded.ruleset
    if playbook is None or ruleset is None:
        return None
    return run_examples(make_ready(ruleset), policy_in_force(under), playbook.examples)


def _show_how_to_begin(console: Console, source: Source) -> None:
    example = _FIRST_EXAMPLE if source.other is None else _FIRST_EXAMPLE_OF_A_POLICY
    told = f"there are no examples yet. Begin with one, at the end:\nexamples:\n{example}"
    console.print(Text(f"{source.file}: {told}", "yellow"), soft_wrap=True)


def show_examples(
    console: Console, file: str, lines: Sequence[int], report: ExamplesReport
) -> None:
    """Every example: passed, or what it expected beside what came; then what none reached.

    `lines` tells where in the file each example stands.
    """
    for result in report.results:
        _show_example(console, f"{file}:{lines[result.number]}", result)
    passed = sum(result.passed for result in report.results)
    summary = f"{file}: {passed} of {counted(len(report.results), 'example')} passed"
    console.print(summary, soft_wrap=True)
    if report.unreached:
        names = ", ".join(f"`{plain(name)}`" for name in report.unreached)
        console.print(Text(f"{file}: no example reaches {names}", "yellow"), soft_wrap=True)


def _show_example(console: Console, where: str, result: ExampleResult) -> None:
    if result.passed:
        console.print(Text.assemble(("passed ", "green"), plain(result.example)), soft_wrap=True)
        return
    heading = Text.assemble(("FAILED ", "bold red"), plain(result.example), (f"  {where}", "dim"))
    console.print(heading, soft_wrap=True)
    for problem in result.problems:
        console.print(Text(f"  {plain(problem)}"), soft_wrap=True)
    failed = [check for check in result.checks if not check.passed]
    if failed:
        table = Table("", "expected", "actual", box=None, header_style="dim")
        for check in failed:
            table.add_row(check.what, plain(check.expected), Text(plain(check.actual), "red"))
        console.print(Padding(table, (0, 0, 0, 1)))
    if result.decision is not None:
        console.print(Text(f"  because: {plain(result.decision['because'])}", "dim"))
