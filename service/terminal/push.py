"""`unghost push`: what changed in a folder is published in the library."""

import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import click

from service.decision.guards import Guards, make_guards
from service.playbook.text.document import read
from service.policy import load_policy
from service.settings import Settings
from service.store.documents.document_rows import Archived, Kind, Missing
from service.store.documents.documents import Documents
from service.store.documents.drafts import Conflict, Draft
from service.store.documents.frozen import Frozen
from service.store.documents.publishing import Checked, Refused, called, check
from service.terminal.console import plain, terminal
from service.terminal.databases import opened_database, whoever_types
from service.terminal.examples import show_examples
from service.terminal.folders import Folder, Key, Sheet, Shelf, packs_of, shelves, told
from service.terminal.mistakes import show_diagnostics
from service.terminal.sources import FAULTY, refuse

FOLDER = click.argument(
    "folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path)
)
#: Playbooks are checked under the policy, and experiments name playbooks.
_ORDER: tuple[Kind, ...] = ("policy", "playbook", "experiment")
DRY_RUN = click.option("--dry-run", is_flag=True, help="Show what would be done, and do nothing.")


@click.command("push")
@FOLDER
@DRY_RUN
@click.option("--note", default="", help="Why, in a few words; kept with each version.")
@click.option("--force", is_flag=True, help="Publish also where both sides have changed.")
def push_command(folder: Path, note: str, *, dry_run: bool, force: bool) -> None:
    """Publish in the library what has changed in DIR.

    The library is what the service decides by, in the database of DATABASE_URL; left out, in the
    file unghost.db in this folder. Each *.yaml of DIR is a playbook, each of DIR/policy a contact
    policy, each of DIR/experiments an experiment; the policy called default is in force. What is
    published is in force at once, but for experiments, which somebody has to start. Each change
    is told in words, and --dry-run does no more than that.

    If anything has a mistake, or an example fails, nothing at all is published. What changed in
    the library is left alone: `unghost pull` fetches it. Where both have changed, neither is
    touched without --force. Nothing is archived because its file is gone. What was last in step
    is noted in DIR/.unghost.json: keep it in Git with the rest.

    A library without a policy gets that of the file UNGHOST_POLICY, or the one that ships, unless
    DIR has one. Laws are those beside UNGHOST_POLICY; left out, those in DIR/policy/laws, or those
    that ship. Exits with 1 where something is left to be done, with 2 where DIR or the database
    cannot be read.
    """
    here = Folder(folder)
    if here.strangers:
        refuse(f"{path}: holds no playbook, policy or experiment" for path in here.strangers)
    with opened_database() as database:
        documents = Documents(database, packs_of(folder))
        _take_along_policy(here, documents)
        push = _Push(here, documents, force=force)
        keys = push.plan()
        is_sound = push.check(keys)
        for key in keys if is_sound else ():
            push.publish(key, note, dry_run=dry_run)
    if push.is_done and not keys:
        click.echo("there is nothing to publish")
    if is_sound and not dry_run:
        here.save_notes()
    sys.exit(0 if push.is_done and is_sound else FAULTY)


def _take_along_policy(here: Folder, documents: Documents) -> None:
    """Where neither side has the policy in force: nobody could decide without it."""
    key = Key("policy", documents.policy)
    if key in here.sheets or any((each.kind, each.name) == key for each in documents.all()):
        return
    file = Settings.from_environment().policy_file()
    here.read(file)
    if key not in here.sheets:
        refuse([f"{file}: holds no policy called `{key.name}`, as the one in force is"])


class _Push:
    """A folder on its way into the library; `is_done` unless something was left alone."""

    def __init__(self, here: Folder, documents: Documents, *, force: bool) -> None:
        self.is_done = True
        self._here = here
        self._documents = documents
        self._library = shelves(documents)
        self._force = force

    def plan(self) -> list[Key]:
        """What is to be published, in order; says what is left alone, and why."""
        keys = sorted(self._here.sheets, key=lambda key: (_ORDER.index(key.kind), key.name))
        for key in sorted(self._library.keys() - self._here.sheets.keys()):
            if self._library[key].document.archived_at is None:
                click.echo(f"{key}: only in the library")
        return [key for key in keys if self._is_to_go(key, self._here.sheets[key])]

    def _is_to_go(self, key: Key, sheet: Sheet) -> bool:
        shelf = self._library.get(key)
        if shelf is not None and shelf.document.archived_at is not None:
            click.echo(f"{key}: archived in the library, so left out")
            return False
        match shelf and shelf.standing(key, self._here):
            case "in step":
                self._here.note(key, sheet.digest)
                return False
            case "library ahead":
                click.echo(f"{key}: the library is ahead; `unghost pull` fetches it")
                return False
            case "both ahead" if not self._force:
                self._leave(key, "changed here and in the library", shelf)
                return False
        draft = self._draft(key)
        if draft and draft.author and draft.digest != sheet.digest and not self._force:
            self._leave(key, f"{plain(draft.author)} has an unpublished draft of it", None)
            return False
        return True

    def _leave(self, key: Key, why: str, shelf: Shelf | None) -> None:
        self.is_done = False
        click.echo(f"{key}: {why}, so left alone; --force publishes what is here")
        if shelf is not None:
            self._show(key, shelf.text)

    def _draft(self, key: Key) -> Draft | None:
        try:
            return self._documents.drafts.read(key.kind, key.name)
        except Missing:
            return None

    # ---- before anything is published -----------------------------------------------

    def check(self, keys: Iterable[Key]) -> bool:
        """Whether everything can be published; shows what is wrong."""
        keys, guards, playbooks = list(keys), self._guards(keys), self._playbooks(keys)
        sound = True
        for key in keys:
            text = self._here.sheets[key].text
            found = check(key.kind, text, guards, self._documents.packs, playbooks)
            checked = called(key.name, found)
            if not checked.passed:
                sound = False
                _show_faults(self._here.sheets[key], checked)
            elif not self._can_be_taken_up(key):
                sound = False
        if not sound:
            click.echo("nothing was published", err=True)
        return sound

    def _can_be_taken_up(self, key: Key) -> bool:
        sheet = self._here.sheets[key]
        try:
            self._documents.check_running(key.kind, key.name, sheet.text)
        except Frozen as frozen:
            click.echo(f"{sheet.path}: {plain(str(frozen))}", err=True)
            return False
        return True

    def _guards(self, keys: Iterable[Key]) -> Guards:
        """The policy that will be in force: one that is pushed too comes first."""
        key = Key("policy", self._documents.policy)
        if key in keys:
            policy = load_policy(self._here.sheets[key].text, self._documents.packs).policy
            if policy is not None:
                return make_guards(policy)
        return self._documents.guards()

    def _playbooks(self, keys: Iterable[Key]) -> dict[str, int]:
        """The playbooks that there will be, each with the number of its newest version."""
        pushed = {key.name: self._next(key) for key in keys if key.kind == "playbook"}
        return {**self._documents.playbooks(), **pushed}

    def _next(self, key: Key) -> int:
        shelf = self._library.get(key)
        return max(each.number for each in shelf.versions) + 1 if shelf else 1

    # ---- publishing -----------------------------------------------------------------

    def publish(self, key: Key, note: str, *, dry_run: bool) -> None:
        """Publish one document, and say what changed."""
        shelf = self._library.get(key)
        try:
            number = self._next(key) if dry_run else self._publish(key, note)
        except (Conflict, Archived, Refused, Frozen) as error:
            self.is_done = False
            click.echo(f"{key}: {plain(str(error))}; push again", err=True)
            return
        click.echo(f"{key}: {'would become' if dry_run else 'is now'} version {number}")
        if shelf is not None:
            self._show(key, shelf.text)

    def _publish(self, key: Key, note: str) -> int:
        sheet, now, author = self._here.sheets[key], datetime.now(UTC), whoever_types()
        draft = self._draft(key)
        read_at = draft.digest if draft else None
        if read_at != sheet.digest:
            self._documents.drafts.save(key.kind, key.name, sheet.text, read_at, author, now)
        version = self._documents.publish(key.kind, key.name, sheet.digest, author, note, now)
        self._here.note(key, sheet.digest)
        return version.number

    def _show(self, key: Key, before: str) -> None:
        for line in told(key, before, self._here.sheets[key].text, self._documents):
            click.echo(line)


def _show_faults(sheet: Sheet, checked: Checked) -> None:
    errors = [each for each in checked.diagnostics if each.severity == "error"]
    show_diagnostics(terminal(), str(sheet.path), sheet.text.removeprefix("\ufeff"), errors)
    if checked.examples is not None and not checked.examples.passed:
        document, _ = read(sheet.text)
        lines = [
            document.place(("examples", result.number)).line if document else 1
            for result in checked.examples.results
        ]
        show_examples(terminal(), str(sheet.path), lines, checked.examples)
