"""The command line, `unghost`: each command has its module in `terminal/`."""

import click

from service.terminal.check import check
from service.terminal.decide import decide_command
from service.terminal.examples import test
from service.terminal.serve import serve
from service.terminal.timeline import timeline_command
from service.terminal.why import why_command


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="unghost")
def main() -> None:
    """Follow-up playbooks: check them, run their examples, try them, serve them."""


for command in (check, test, decide_command, timeline_command, why_command, serve):
    main.add_command(command)

if __name__ == "__main__":
    main()
