"""`unghost pull`: what was published in the library is written into a folder."""

import sys
from pathlib import Path

import click

from service.store.documents.documents import Documents
from service.terminal.databases import opened_database
from service.terminal.folders import Folder, Key, Shelf, packs_of, replace_file, shelves, told
from service.terminal.push import DRY_RUN, FOLDER
from service.terminal.sources import FAULTY


@click.command("pull")
@FOLDER
@DRY_RUN
@click.option("--force", is_flag=True, help="Write also where both sides have changed.")
def pull_command(folder: Path, *, dry_run: bool, force: bool) -> None:
    """Write into DIR what has changed in the library.

    The library is what the service decides by, in the database of DATABASE_URL; left out, in the
    file unghost.db in this folder. Each playbook in force becomes a file of DIR, each contact
    policy one of DIR/policy, each experiment one of DIR/experiments. Each change is told in words,
    and --dry-run does no more than that.

    What changed in DIR is left alone: `unghost push` publishes it. Where both have changed,
    neither is touched without --force. No file is ever deleted. What was last in step is noted
    in DIR/.unghost.json: keep it in Git with the rest. Exits with 1 where something is left to
    be done, with 2 where DIR or the database cannot be read.
    """
    here = Folder(folder)
    with opened_database() as database:
        pull = _Pull(here, Documents(database, packs_of(folder)), dry_run=dry_run, force=force)
        pull.run()
    if pull.is_idle:
        click.echo("there is nothing to fetch")
    if not dry_run:
        here.save_notes()
    sys.exit(0 if pull.is_done else FAULTY)


class _Pull:
    """The library on its way into a folder; `is_done` unless something was left alone.

    `is_idle` while nothing was written or left alone.
    """

    def __init__(self, here: Folder, documents: Documents, *, dry_run: bool, force: bool) -> None:
        self.is_done = True
        self.is_idle = True
        self._here = here
        self._documents = documents
        self._dry_run = dry_run
        self._force = force

    def run(self) -> None:
        """Write what is new in the library, and say what changed."""
        library = shelves(self._documents)
        for key in sorted(self._here.sheets.keys() - library.keys()):
            click.echo(f"{key}: only here; `unghost push` publishes it")
        for key, shelf in sorted(library.items(), key=lambda item: item[0]):
            if shelf.document.archived_at is None:
                self._pull(key, shelf)
            elif key in self._here.sheets:
                click.echo(f"{key}: archived in the library; {self._here.path_of(key)} stays")

    def _pull(self, key: Key, shelf: Shelf) -> None:
        path = self._here.path_of(key)
        if key not in self._here.sheets:
            if path.exists():
                self._leave(key, f"{path} holds something else", None)
            else:
                self._write(key, shelf)
            return
        match shelf.standing(key, self._here):
            case "in step":
                self._here.note(key, shelf.active.text_digest)
            case "folder ahead":
                click.echo(f"{key}: {path} is ahead; `unghost push` publishes it")
            case "both ahead" if not self._force:
                self._leave(key, "changed here and in the library", shelf)
            case _:
                self._write(key, shelf)

    def _leave(self, key: Key, why: str, shelf: Shelf | None) -> None:
        self.is_done = self.is_idle = False
        hint = "; --force writes what is there" if shelf is not None else ""
        click.echo(f"{key}: {why}, so left alone{hint}")
        if shelf is not None:
            self._show(key, shelf)

    def _write(self, key: Key, shelf: Shelf) -> None:
        self.is_idle = False
        path = self._here.path_of(key)
        what = f"version {shelf.active.number}"
        click.echo(f"{key}: {path} {'would become' if self._dry_run else 'is now'} {what}")
        self._show(key, shelf)
        if not self._dry_run:
            replace_file(path, shelf.text)
            self._here.note(key, shelf.active.text_digest)

    def _show(self, key: Key, shelf: Shelf) -> None:
        if key in self._here.sheets:
            for line in told(key, self._here.sheets[key].text, shelf.text, self._documents):
                click.echo(line)
