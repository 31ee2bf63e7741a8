"""What `unghost serve` looks at before anybody is answered: what it says, and when it refuses."""

from collections.abc import Iterator
from pathlib import Path

from service.app import opened_store
from service.playbook import load
from service.settings import Settings
from service.store.in_force.policies import FaultyPolicy
from service.store.in_force.snapshot import Snapshot
from service.store.sql.opening import shown_url
from service.store.store import Store
from service.terminal.console import plain
from service.terminal.databases import refusing
from service.terminal.questions import refuse_policy
from service.terminal.sources import refuse
from service.web.access import is_loopback, read_quota

_A_KEY = "unghost keys create NAME --scope admin"
_NOBODY_IS_KEPT_OUT = (
    "others can reach this address, and could do anything, as no API key was made yet; make one"
)


def opening_words(settings: Settings, host: str) -> list[str]:
    """What is in force, and what is not, line by line. A first start fills the database.

    Ends the command where the service cannot start: the database, the contact policy of a first
    start or a setting will not do, or nobody keeps strangers out.
    """
    with refusing():
        read_quota(settings.quota)
        store = _opened(settings)
        try:
            store.database.ping()
            has_keys = store.keyring.any_keys()
            if not has_keys and not is_loopback(host):
                refuse([f"{host}: {_NOBODY_IS_KEPT_OUT}: {_A_KEY}"])
            return list(_words(settings, store, has_keys=has_keys))
        finally:
            store.close()


def _opened(settings: Settings) -> Store:
    try:
        return opened_store(settings)
    except OSError as error:
        refuse([f"{error.filename or ''}: {error.strerror or error}".removeprefix(": ")])
    except FaultyPolicy as faulty:
        refuse_policy(faulty)


def _words(settings: Settings, store: Store, *, has_keys: bool) -> Iterator[str]:
    snapshot = store.in_force.refresh()
    yield f"Database: {shown_url(store.database)}"
    yield from _in_force(snapshot, settings.default_playbook)
    for path in (settings.policy_file(), *sorted(settings.playbooks.glob("*.yaml"))):
        yield from _beside(path, snapshot, is_policy=path == settings.policy_file())
    if not has_keys:
        yield f"Only this machine is answered, as there is no API key: {_A_KEY}"


def _in_force(snapshot: Snapshot, default: str) -> Iterator[str]:
    playbooks, policy = snapshot.playbooks, snapshot.policy
    names = ", ".join(f"{each.name} (version {each.version})" for each in playbooks.all())
    yield f"Playbooks in force: {names or 'none'}"
    if policy is None:
        yield "Nobody is answered: this version cannot load the contact policy in force"
    else:
        yield f"Contact policy in force: {policy.name} (version {policy.version})"
    if running := [each for each in snapshot.experiments if each.is_enrolling]:
        told = ", ".join(f"{each.name} (phase {each.phase.number})" for each in running)
        yield f"Experiments that run: {told}"
    shipped = [(each.name, each.shipped) for each in snapshot.experiments if each.shipped]
    if shipped:
        told = ", ".join(f"{arm.name} of {name} ({arm.playbook})" for name, arm in shipped)
        yield f"Shipped by experiments: {told}"
    if playbooks.get(default) is None:
        yield f"Requests that name no playbook are not answered: there is no `{default}`"
    for published in playbooks.all():
        for doubt in published.diagnostics[:1]:
            where = f"`{published.name}`, line {doubt.place.line}"
            yield f"In doubt: {where}: {plain(doubt.message)} (`unghost check` shows all)"
    for name, diagnostics in playbooks.problems.items():
        first = next(each for each in diagnostics if each.severity == "error")
        yield f"Not served: `{name}`, line {first.place.line}: {plain(first.message)}"


def _beside(path: Path, snapshot: Snapshot, *, is_policy: bool) -> Iterator[str]:
    """What a file of a first start says today, where that is not what is in force."""
    try:
        raw = path.read_bytes()
    except OSError:
        return  # the database has it all
    policies = [snapshot.policy] if snapshot.policy else []
    documents = policies if is_policy else snapshot.playbooks.all()
    if raw in {document.text.encode() for document in documents}:
        return
    diagnostics = () if is_policy else load(raw).diagnostics
    if errors := [each for each in diagnostics if each.severity == "error"]:
        where = f"{path}:{errors[0].place.line}"
        yield f"Not served: {where}: {plain(errors[0].message)} (`unghost check` shows all)"
    else:
        yield f"Not in force: {path} is another text, or archived; `unghost push` tells more"
