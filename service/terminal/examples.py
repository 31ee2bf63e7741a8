"""`unghost test`: the examples inside playbooks, and what none of them reaches."""

import sys
from collections.abc import Sequence

import click
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from service.decision import make_ready
from service.decision.examples import ExampleResult, ExamplesReport, run_examples
from service.playbook.text.document import read
from service.terminal.console import counted, plain, terminal
from service.terminal.mistakes import show_diagnostics
from service.terminal.questions import policy_in_force
from service.terminal.sources import FAULTY, FILES, Source, read_playbook

_NO_EXAMPLES = (
    "there are no examples yet. Begin with one, at the end:\n"
    "examples:\n"
    "  - example: a week after the first e-mail\n"
    "    history: [{days_ago: 7, email: follow_up}]\n"
    "    as_of: 2026-11-18 10:00\n"
    "    expect: {action: follow_up}"
)


@click.command()
@FILES
def test(files: tuple[str, ...]) -> None:
    """Run the examples inside playbooks.

    Where one does not come out as written, what it expects stands beside what came. At the
    end stand the rules that no example reaches. Exits with 1 where an example fails or a
    playbook has errors, with 2 where a file cannot be read.
    """
    sys.exit(max(_test(read_playbook(file)) for file in files))


def _test(source: Source) -> int:
    playbook, ruleset = source.loaded.playbook, source.loaded.ruleset
    console = terminal()
    if playbook is None or ruleset is None:
        errors = [d for d in source.diagnostics if d.severity == "error"]
        show_diagnostics(console, source.file, source.text, errors)
        source.complain()
        return source.status
    document, _ = read(source.raw)
    lines = [
        document.place(("examples", number)).line if document else 1
        for number in range(len(playbook.examples))
    ]
    report = run_examples(make_ready(ruleset), policy_in_force(), playbook.examples)
    show_examples(console, source.file, lines, report)
    return 0 if report.passed else FAULTY


def show_examples(
    console: Console, file: str, lines: Sequence[int], report: ExamplesReport
) -> None:
    """Every example: passed, or what it expected beside what came; then what none reached.

    `lines` tells where in the file each example stands.
    """
    if not report.results:
        console.print(Text(f"{file}: {_NO_EXAMPLES}", "yellow"), soft_wrap=True)
        return
    for result in report.results:
        _show_example(console, f"{file}:{lines[result.number]}", result)
    passed = sum(result.passed for result in report.results)
    console.print(f"{file}: {passed} of {counted(len(report.results), 'example')} passed")
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
