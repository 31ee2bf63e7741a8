"""schemathesis over `openapi.yaml`, against the service as it ships, on this machine only.

It reads the contract from the service itself and sends what the contract allows and what it
does not. No answer may be a 500, have a status or a form that the contract does not tell, or
take what is wrong. `positive_data_acceptance` alone is left out: which outcome goes with which
direction no schema says, so a request of the right shape may be a 422, which is documented.

    python -m tests.endurance.http_fuzz [seconds] [seed]
"""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from random import SystemRandom

import click

from service.store.access.keys import create_key
from service.store.sql.database import Database
from tests.endurance.server import ROOT, serving
from tests.services import new_database

SECONDS = 600
_CHECKS = ("--checks", "all", "--exclude-checks", "positive_data_acceptance")


def fuzz(options: Sequence[str], timeout: float | None) -> "subprocess.CompletedProcess[str]":
    """Run it with these options; what it found is in its output, 0 its status where nothing.

    Raises:
        subprocess.TimeoutExpired: it takes too long.
    """
    environment = {
        "UNGHOST_PLAYBOOKS": str(ROOT / "playbooks"),
        "DATABASE_URL": new_database(),
        "UNGHOST_QUOTA": "1000000/1",
    }
    with serving(environment=environment) as where, tempfile.TemporaryDirectory() as folder:
        home = f"http://{where.host}:{where.port}"
        key = _key(environment["DATABASE_URL"])
        command = [
            *(sys.executable, "-m", "schemathesis.cli", "run", f"{home}/openapi.yaml"),
            *("--url", home, "--header", f"Authorization: Bearer {key}"),
            *("--no-color", "--generation-database", "none"),
            *(*_CHECKS, *options),
        ]
        return subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=timeout, check=False
        )


def _key(url: str) -> str:
    """A key that opens everything."""
    database = Database(url)
    try:
        return create_key(database, "fuzz", ["admin"], actor="test", now=datetime.now(UTC)).plain
    finally:
        database.close()


def main(seconds: int = SECONDS, seed: int | None = None) -> int:
    """Fuzz for so long; 1 where something was found."""
    seed = SystemRandom().randrange(2**32) if seed is None else seed
    click.echo(f"{seconds} seconds with the seed {seed}")
    found = fuzz(["--seed", str(seed), "--max-time", str(seconds)], timeout=seconds + 300)
    click.echo(found.stdout + found.stderr)
    return found.returncode


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:3])))
