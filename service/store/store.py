"""Everything that is kept, opened for one process."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from service.policy import Laws
from service.store.access.keyring import Keyring
from service.store.documents.documents import Documents
from service.store.experiments.assignments import Assignments
from service.store.experiments.divergence import compare_again
from service.store.experiments.experiments import Experiments
from service.store.experiments.harm_watch import HarmWatch
from service.store.first_start import import_folder
from service.store.in_force.in_force import InForce
from service.store.in_force.policies import laws_for
from service.store.ledger.ledger import Ledger
from service.store.ledger.outcomes import Outcomes
from service.store.ledger.repeats import Repeats
from service.store.ledger.writing import Writer
from service.store.privacy.pseudonyms import Pseudonyms
from service.store.privacy.retention import USUAL_DAYS
from service.store.privacy.upkeep import Upkeep
from service.store.recurring import Recurring, Task
from service.store.sql.database import Database, DatabaseAway
from service.store.sql.opening import database_at, make_current

_LOG = logging.getLogger(__name__)


#: Gives the moment it is.
Clock = Callable[[], datetime]


def now_by_the_machine() -> datetime:
    """The moment it is, as this machine has it: where nobody brings another clock."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Store:
    """The parts, joined; any thread may use them."""

    database: Database
    documents: Documents
    in_force: InForce
    ledger: Ledger
    outcomes: Outcomes
    repeats: Repeats
    keyring: Keyring
    pseudonyms: Pseudonyms
    assignments: Assignments
    experiments: Experiments
    recurring: Recurring

    def close(self) -> None:
        """Stop the threads of this process, and close its connections."""
        self.recurring.close()
        self.in_force.close()
        self.database.close()


def open_store(
    url: str,
    folder: Path,
    policy: Path,
    default_playbook: str,
    keep_days: int = USUAL_DAYS,
    clock: Clock = now_by_the_machine,
) -> Store:
    """The store at an address. A first start fills it from files.

    Where the database is away, the store opens all the same: nothing is in force until the
    database is back.

    Args:
        url: the address of the database.
        folder: the playbooks of the first start.
        policy: the contact policy of the first start; the packs of laws beside it are in use.
        default_playbook: the playbook that the service cannot do without.
        keep_days: after so many days what is personal is removed, once `recurring` is begun.
        clock: gives the moment it is.

    Raises:
        ValueError: the address is none.
        WrongTables: the tables are not those of this version; the text says what to do.
        OSError: the folder or the policy cannot be read.
        FaultyPolicy: the policy has errors.
    """
    database = database_at(url)
    packs = laws_for(policy)
    in_force = InForce(
        database, packs, prepare=lambda: first_start(database, folder, policy, packs, clock())
    )
    try:
        in_force.refresh()
    except DatabaseAway as away:
        _LOG.warning("nothing is in force yet, the database is away: %s", away)
    except Exception:
        database.close()
        raise
    pseudonyms, writer, experiments = Pseudonyms(database), Writer(database), Experiments(database)
    assignments = Assignments(database, pseudonyms)
    in_force.tell_changes(assignments.forget)
    upkeep = Upkeep(database, keep_days, clock)
    watch = HarmWatch(database, in_force, experiments, clock)
    return Store(
        database,
        Documents(database, packs, needed=frozenset({("playbook", default_playbook)})),
        in_force,
        Ledger(database, writer, pseudonyms),
        Outcomes(database, writer, pseudonyms),
        Repeats(database),
        Keyring(database),
        pseudonyms,
        assignments,
        experiments,
        Recurring(
            Task("upkeep", upkeep.run, 60),
            Task("comparing-arms", lambda: compare_again(database, in_force), 2),
            Task("harm-watch", watch.run, 60),
        ),
    )


def first_start(
    database: Database, folder: Path, policy: Path, packs: Mapping[str, Laws], now: datetime
) -> None:
    """Tables, and a library, where there is none yet. Raises as `open_store`, and DatabaseAway."""
    make_current(database)
    imported = import_folder(database, folder, policy, packs, now)
    for file, diagnostics in (imported.problems or {}).items():
        first = next(found for found in diagnostics if found.severity == "error")
        _LOG.warning("%s:%s: not imported: %s", folder / file, first.place.line, first.message)
