"""What is in force in this process: looked at again and again, and changed all at once.

Every process watches the number `generation`, which whoever publishes or erases makes grow. Where
it has grown, what changed is loaded in the watching thread, and then one snapshot takes the place
of the other. A request takes the snapshot once, and so decides on the whole of one. What no
snapshot and no request holds any more gives its memory back.
"""

import logging
import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TypeVar

from sqlalchemy import Connection, select

from service.decision.engine import EngineFault
from service.decision.guards import make_guards
from service.experiment import Experiment, Running, load_experiment
from service.playbook import Diagnostic
from service.policy import Laws, load_policy
from service.store.documents.document_rows import DEFAULT_POLICY, Kind, Missing
from service.store.documents.lives import Life, lives_in_force
from service.store.in_force.playbooks import Published, publish
from service.store.in_force.running import made_ready, playbooks_of, versions_of
from service.store.in_force.snapshot import (
    NOTHING,
    Key,
    Made,
    PublishedPolicy,
    Snapshot,
    put_together,
)
from service.store.sql.database import Database, DatabaseAway
from service.store.sql.kept_once import kept_once
from service.store.sql.tables import documents, generation, versions

_Sound = TypeVar("_Sound", Published, PublishedPolicy, Experiment)

#: The name of the seed that holdouts and namespaces are drawn by.
SEED = "deployment-seed"

_LOG = logging.getLogger(__name__)
#: Seconds from one look to the next.
_EVERY = 0.25
#: Seconds after a fault of ours, which the next look would find again.
_AFTER_A_FAULT = 5.0
#: So many versions that are not in force are kept ready, for those who replay.
_MOST_KEPT = 16


class InForce:
    """What is in force, for one process and those that it forks.

    Args:
        database: where the library is kept.
        packs: the laws that a policy may switch on.
        policy: the name of the policy in force.
        prepare: done before the first look, and again until it once succeeds.
    """

    def __init__(
        self,
        database: Database,
        packs: Mapping[str, Laws],
        *,
        policy: str = DEFAULT_POLICY,
        prepare: Callable[[], object] = bool,
    ) -> None:
        self._database = database
        self._prepare: Callable[[], object] | None = prepare
        self._packs = packs
        self._policy = policy
        self._snapshot = NOTHING
        self._kept: OrderedDict[Key, Made] = OrderedDict()
        self._note_look: Callable[[int], object] = bool
        self._note_change: Callable[[], object] = bool
        self._process = 0
        self._settle()

    def _settle(self) -> None:
        """Locks and a thread of this process's own; a fork takes neither along."""
        self._process = os.getpid()
        self._turn = threading.Lock()
        self._gate = threading.Lock()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    # ---- what is in force -----------------------------------------------------------

    def now(self) -> Snapshot:
        """What is in force. A request calls it once; the first call begins the watch."""
        if self._thread is None or self._process != os.getpid():
            self._watch()
        return self._snapshot

    def tell_looks(self, note_look: Callable[[int], object]) -> None:
        """Have every look of the watch that succeeds told, with the generation it found."""
        self._note_look = note_look

    def tell_changes(self, note_change: Callable[[], object]) -> None:
        """Have it told when the generation has changed, before what is in force does."""
        self._note_change = note_change

    def refresh(self) -> Snapshot:
        """Look at once; returns when what is published is in force in this process.

        Raises DatabaseAway; then all stays as it was.
        """
        with self._turn:
            if self._prepare is not None:
                self._prepare()
                self._prepare = None
            before = self._snapshot
            with self._database.reading() as connection:
                number = connection.execute(select(generation.c.number)).scalar_one()
                if number == before.generation:
                    return before
                self._note_change()
                active = _active(connection)
                texts = {key: _text(connection, key) for key in active if key not in before.made}
                found = lives_in_force(connection)
            made = {
                key: before.made[key] if key in before.made else self._make(key, texts[key])
                for key in active
            }
            # A version never changes, so it may be read after what is in force.
            running = self._running(found, made)
            made |= self._pinned(running)
            self._snapshot = put_together(number, made, frozenset(active), running, self._policy)
            return self._snapshot

    def _running(self, found: Sequence[Life], made: dict[Key, Made]) -> tuple[Running, ...]:
        """The experiments, ready; what their versions say is added to what was made."""
        said: dict[tuple[str, int], Experiment] = {}
        for name, number in versions_of(found):
            key, experiment = self._version("experiment", name, number)
            made[key] = experiment
            if isinstance(experiment, Experiment):
                said[name, number] = experiment
        seed = kept_once(self._database, SEED) if found else ""
        return made_ready(found, lambda name, number: said.get((name, number)), seed)

    def _pinned(self, running: Sequence[Running]) -> dict[Key, Made]:
        """The versions that arms name."""
        pinned: dict[Key, Made] = {}
        for arm in playbooks_of(running):
            if arm.version is not None:
                with suppress(Missing):  # of another database; its units get the usual playbook
                    pinned.update([self._version("playbook", arm.playbook, arm.version)])
        return pinned

    # ---- any version ----------------------------------------------------------------

    def playbook(self, name: str, number: int) -> Published:
        """Any version of a playbook, ready to decide with.

        Raises Missing, also where today's product cannot load it, and DatabaseAway.
        """
        return self._sound("playbook", Published, name, number)

    def policy(self, name: str, number: int) -> PublishedPolicy:
        """The same of a policy."""
        return self._sound("policy", PublishedPolicy, name, number)

    def experiment(self, name: str, number: int) -> Experiment:
        """What a version of an experiment says. Raises as `playbook`."""
        return self._sound("experiment", Experiment, name, number)

    def _sound(self, kind: Kind, made: type[_Sound], name: str, number: int) -> _Sound:
        _, found = self._version(kind, name, number)
        if isinstance(found, made):
            return found
        raise Missing(f"version {number} of the {kind} `{name}` can no longer be loaded")

    def _version(self, kind: Kind, name: str, number: int) -> tuple[Key, Made]:
        with self._database.reading() as connection:
            key = _key(connection, kind, name, number)
            made = self._snapshot.made.get(key) or self._kept.get(key)
            text = "" if made is not None else _text(connection, key)
        if made is None:
            made = self._make(key, text)
        with self._gate:
            self._kept[key] = made
            self._kept.move_to_end(key)
            while len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        return key, made

    def _make(self, key: Key, text: str) -> Made:
        kept = self._kept.get(key)
        if kept is not None:
            return kept
        if key.kind == "playbook":
            try:
                return publish(text.encode(), version=key.number)
            except EngineFault as fault:  # it keeps no other version from being put in force
                return (Diagnostic("engine-fault", f"the engine does not take it: {fault}"),)
        if key.kind == "experiment":
            said = load_experiment(text)
            return said.experiment or said.diagnostics
        loaded = load_policy(text, self._packs)
        if loaded.policy is None:
            return loaded.diagnostics
        policy, guards = loaded.policy, make_guards(loaded.policy)
        return PublishedPolicy(
            policy.name, policy.title, key.number, policy.digest, text, guards, loaded.diagnostics
        )

    # ---- watching -------------------------------------------------------------------

    def _watch(self) -> None:
        if self._process != os.getpid():
            self._settle()
        with self._gate:
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._look_again_and_again, name="in-force", daemon=True
                )
                self._thread.start()

    def _look_again_and_again(self) -> None:
        is_away, pause = False, 0.0
        while not self._closing.wait(pause):
            pause = _EVERY
            try:
                self._note_look(self.refresh().generation or 0)
                is_away = False
            except DatabaseAway as away:
                if not is_away:  # told once, not four times a second
                    _LOG.warning("the library cannot be watched: %s", away)
                is_away = True
            except Exception:  # noqa: BLE001 - whatever it is, the watch goes on
                _LOG.exception("what was published could not be put in force")
                pause = _AFTER_A_FAULT

    def close(self) -> None:
        """Stop watching; returns when the thread has ended."""
        if self._process == os.getpid() and self._thread is not None:
            self._closing.set()
            self._thread.join()


def _active(connection: Connection) -> list[Key]:
    """The version in force of every document; one statement, so of one moment."""
    is_active = (
        (versions.c.kind == documents.c.kind)
        & (versions.c.name == documents.c.name)
        & (versions.c.number == documents.c.active)
    )
    query = (
        select(versions.c.kind, versions.c.name, versions.c.number, versions.c.text_digest)
        .join(documents, is_active)
        .where(documents.c.archived_at.is_(None))
    )
    return sorted(Key(*row) for row in connection.execute(query))


def _key(connection: Connection, kind: Kind, name: str, number: int) -> Key:
    wanted = (versions.c.kind == kind) & (versions.c.name == name) & (versions.c.number == number)
    found = connection.execute(select(versions.c.text_digest).where(wanted)).scalar()
    if found is None:
        raise Missing(f"there is no version {number} of the {kind} `{name}`")
    return Key(kind, name, number, found)


def _text(connection: Connection, key: Key) -> str:
    wanted = (
        (versions.c.kind == key.kind)
        & (versions.c.name == key.name)
        & (versions.c.number == key.number)
    )
    text: str = connection.execute(select(versions.c.text).where(wanted)).scalar_one()
    return text
