"""Services for tests, each with a database of its own."""

from pathlib import Path
from tempfile import mkdtemp

from flask import Flask

from service.app import create_app
from service.settings import Settings
from service.store.store import Clock, now_by_the_machine


def new_database() -> str:
    """The address of an SQLite file that is not there yet."""
    return f"sqlite:///{Path(mkdtemp(prefix='unghost-')) / 'unghost.db'}"


def app_over(
    folder: Path,
    database: str | None = None,
    policy: Path | None = None,
    clock: Clock = now_by_the_machine,
) -> Flask:
    """The service over a folder of playbooks, just started for the first time."""
    settings = Settings(database or new_database(), folder, policy=policy, log_level=None)
    return create_app(settings, clock)
