"""`unghost experiment`: experiments listed, started, stopped, read, decided and put away."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import click

from service.experiment import Experiment
from service.playbook.values import TYPE_WORDS, read_instant
from service.store.documents.document_rows import CannotKeep, Missing
from service.store.documents.documents import Document, Documents, Needed
from service.store.documents.frozen import Frozen
from service.store.documents.lives import Life
from service.store.experiments.experiments import Experiments, NotNow
from service.store.experiments.reports import report_on
from service.store.in_force.in_force import InForce
from service.store.sql.database import Database
from service.terminal.console import plain, terminal
from service.terminal.databases import opened_database, whoever_types
from service.terminal.experiment_shown import percent, show_experiment, show_list
from service.terminal.plan import plan_command
from service.terminal.report import show_report
from service.terminal.sources import refuse
from service.web.answers import as_json

_NAME = click.argument("name")
_ARM = click.argument("arm")
_NOTE = click.option("--note", default="", help="Why, in a few words; kept in the audit trail.")
_WHY = click.option("--why", required=True, help="Why, in your words; kept for good.")


@click.group("experiment")
def experiment_command() -> None:
    """Experiments: two playbooks or more against each other.

    What an experiment says is a file, as a playbook is. `unghost check` shows its mistakes, and
    `unghost push DIR` publishes those in DIR/experiments; the service takes drafts over HTTP, too.
    Publishing changes nothing for anybody: `start` does. The manual tells it all, in the chapter
    "Two playbooks against each other" of playbooks/README.md.

    They are kept in the database of DATABASE_URL; left out, in the file unghost.db in this
    folder. Everything done to one is in the audit trail. Every command exits with 2 where what
    it is asked for cannot be done, and says why.
    """


experiment_command.add_command(plan_command)


@experiment_command.command("list")
def list_command() -> None:
    """Show every experiment, and how far it has come."""
    with _experiments() as (database, _):
        lives = {life.name: life for life in Experiments(database).all()}
        found = [each for each in _documents(database) if _is_shown(each, lives)]
    if found:
        show_list(terminal(), [(each, lives.get(each.name)) for each in found])
    else:
        click.echo("there is no experiment; `unghost push DIR` publishes those in DIR/experiments")


@experiment_command.command("show")
@_NAME
def show_command(name: str) -> None:
    """Show what the experiment NAME compares and counts, and how far it has come."""
    with _experiments() as (database, experiments):
        document = _document(database, name)
        life = experiments.get(name)
        number = life.version if life else document.active
        said = _in_force(database).experiment(name, number) if number else None
    show_experiment(terminal(), document, life, said)


@experiment_command.command("start")
@_NAME
@_NOTE
def start_command(name: str, note: str) -> None:
    """Put the published version of the experiment NAME into effect.

    Do it again while it runs to take up a newer version. Another coverage or other words change
    nobody's arm. Other arms or weights begin a new phase: whoever is in keeps their arm, and only
    who joins from then on is counted in it. Everything else cannot change while it runs.
    """
    with _experiments() as (database, experiments):
        before = experiments.get(name)
        life = experiments.start(name, whoever_types(), note, datetime.now(UTC))
        said = _in_force(database).experiment(name, life.version)
    click.echo(_begun(before, life, said))


def _begun(before: Life | None, life: Life, said: Experiment) -> str:
    phase = len(life.phases)
    if before == life:
        return f"{life.name}: nothing has changed since version {life.version} was started"
    of = f"{life.name}: version {life.version} runs, with a coverage of {percent(said.coverage)}"
    if before is not None and len(before.phases) == phase:
        return f"{of}; phase {phase} goes on"
    return f"{of}; phase {phase} begins"


@experiment_command.command("stop")
@_NAME
@_NOTE
def stop_command(name: str, note: str) -> None:
    """Have the experiment NAME take in nobody new. It cannot be started again.

    Whoever is in keeps their arm, and is still counted: the report goes on.
    """
    _done(lambda experiments, now: experiments.stop(name, whoever_types(), note, now))
    click.echo(f"{name}: stopped; whoever is in keeps their arm, and is counted to the end")


@experiment_command.command("stop-arm")
@_NAME
@_ARM
@_WHY
def stop_arm_command(name: str, arm: str, why: str) -> None:
    """Give ARM of the experiment NAME to nobody new.

    Who would have got it gets the usual playbook; nobody else moves. Whoever has it keeps it.
    """
    _done(lambda experiments, now: experiments.stop_arm(name, arm, whoever_types(), why, now))
    click.echo(f"{name}: {arm} takes in nobody new; whoever has it keeps it")


@experiment_command.command("ship")
@_NAME
@_ARM
@_WHY
def ship_command(name: str, arm: str, why: str) -> None:
    """Decide the experiment NAME: its audience gets the playbook of ARM from now on.

    All of it does, but for who is held out and who has an arm already. Stop it first. A decision
    stands for good.
    """
    _done(lambda experiments, now: experiments.decide(name, arm, whoever_types(), why, now))
    click.echo(f"{name}: decided; its audience gets {arm} from now on")


@experiment_command.command("ship-none")
@_NAME
@_WHY
def ship_none_command(name: str, why: str) -> None:
    """Decide the experiment NAME without shipping an arm: all goes on as it was.

    Whoever has an arm keeps it. Stop it first. A decision stands for good.
    """
    _done(lambda experiments, now: experiments.decide(name, None, whoever_types(), why, now))
    click.echo(f"{name}: decided; no arm is shipped, and new ones get the usual playbook")


@experiment_command.command("archive")
@_NAME
def archive_command(name: str) -> None:
    """Put the experiment NAME away: nobody gets an arm of it any more, shipped or not.

    All of it is kept, and `unarchive` brings it back. One that runs has to be stopped first.
    """
    with _experiments() as (database, _):
        Documents(database, {}).archive("experiment", name, whoever_types(), datetime.now(UTC))
    click.echo(f"{name}: archived; nobody gets an arm of it, and `unarchive` brings it back")


@experiment_command.command("unarchive")
@_NAME
def unarchive_command(name: str) -> None:
    """Bring the experiment NAME back as it was: whoever had an arm of it has it again."""
    with _experiments() as (database, _):
        Documents(database, {}).unarchive("experiment", name, whoever_types(), datetime.now(UTC))
    click.echo(f"{name}: is back as it was; whoever had an arm of it has it again")


@experiment_command.command("report")
@_NAME
@click.option("--phase", type=click.IntRange(1), help="Which phase; left out, the last.")
@click.option("--as-of", metavar="MOMENT", help="Count up to this moment; left out, up to now.")
@click.option("--json", "is_json", is_flag=True, help="Print it as the service gives it.")
def report_command(name: str, phase: int | None, as_of: str | None, *, is_json: bool) -> None:
    """Read what came of the experiment NAME so far: the verdict first, then the numbers.

    You may look as often as you like. MOMENT is like 2026-12-24T09:00:00Z.
    """
    moment = _moment(as_of)
    with _experiments() as (database, experiments):
        life = experiments.get(name)
        if life is None:
            raise NotNow(f"`{_document(database, name).name}` was never started")
        report = report_on(database, _in_force(database), life, phase, moment)
    if is_json:
        click.echo(as_json(report.to_json()))
    else:
        show_report(terminal(), report)


def _moment(text: str | None) -> datetime:
    now = datetime.now(UTC)
    if text is None:
        return now
    found = read_instant(text)
    if found is None or found > now:
        why = "is still ahead" if found else f"must be {TYPE_WORDS['instant']}, with an offset"
        refuse([f"--as-of {text}: {why}"])
    return found


# ---- the database -------------------------------------------------------------------


@contextmanager
def _experiments() -> Iterator[tuple[Database, Experiments]]:
    """The database; what an experiment cannot do ends the command, with the reason."""
    with opened_database() as database:
        try:
            yield database, Experiments(database)
        except (NotNow, Frozen, Missing, Needed, CannotKeep) as error:
            refuse([str(error)])


def _done(act: Callable[[Experiments, datetime], Life]) -> None:
    with _experiments() as (_, experiments):
        act(experiments, datetime.now(UTC))


def _in_force(database: Database) -> InForce:
    return InForce(database, {})


def _documents(database: Database) -> Iterator[Document]:
    documents = Documents(database, {}).all()
    return (each for each in documents if each.kind == "experiment")


def _document(database: Database, name: str) -> Document:
    found = next((each for each in _documents(database) if each.name == name), None)
    if found is None:
        raise Missing(
            f"there is no experiment `{plain(name)}`; `unghost experiment list` shows all"
        )
    return found


def _is_shown(document: Document, lives: dict[str, Life]) -> bool:
    """An archived one only where it was started."""
    return document.archived_at is None or document.name in lives
