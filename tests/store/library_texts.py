"""Small playbooks and policies for the tests of the library."""

from datetime import UTC, datetime
from pathlib import Path

from service.shipped import shipped
from service.store.documents.documents import Documents
from service.store.in_force.packs import open_packs
from service.store.sql.database import Database

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
PACKS = open_packs(shipped("playbooks", "policy", "laws")).laws
POLICY = """\
policy: default
title: The house rules
about: For tests.
rules:
  - guard: office-hours
    hours: 09:00-17:00
    days: every_day
    because: They have an evening.
"""


def playbook(days: int = 5, *, name: str = "short", expected: str = "follow_up") -> str:
    """A playbook with one play and one example."""
    return f"""\
playbook: {name}
title: A short one
about: For tests.
plays:
  - rule: again
    when: {{touches: {{at_least: 1}}}}
    do: {{action: follow_up, channel: email, template: hello, wait: {days} days}}
    because: They may have missed it.
otherwise: {{action: stop, because: There is nothing to follow up.}}
templates:
  hello: {{subject: Hello, body: "Hello, how are you?"}}
examples:
  - example: after the first e-mail
    history: [{{days_ago: 1, email: follow_up}}]
    as_of: 2026-11-18 10:00
    expect: {{action: {expected}}}
"""


def experiment(*, other: str = "other", version: int | None = None, planned: int = 800) -> str:
    """An experiment with two arms: the short playbook, and another or a version of one."""
    which = f"{other}, version: {version}" if version else other
    return f"""\
experiment: two-ways
title: One way against the other
hypothesis: The other books more meetings.
arms:
  - {{arm: control, playbook: short}}
  - {{arm: other, playbook: {which}}}
primary: {{outcome: meeting_booked, within: 30 days}}
planned: {planned}
"""


def library(database: Database) -> Documents:
    """The library in a database."""
    return Documents(database, PACKS)


def published(documents: Documents, text: str, name: str = "short") -> int:
    """A text published as it is; the number of its version."""
    read_at = None
    if any(each.name == name for each in documents.all()):
        read_at = documents.drafts.read("playbook", name).digest
    draft = documents.drafts.save("playbook", name, text, read_at, "ann", NOW)
    return documents.publish("playbook", name, draft.digest, "ann", "", NOW).number


def written(folder: Path, *, names: tuple[str, ...] = ("short",)) -> Path:
    """A folder of playbooks with a policy, as a deployment has it."""
    (folder / "policy").mkdir(parents=True)
    (folder / "policy" / "default.yaml").write_text(POLICY)
    for name in names:
        (folder / f"{name}.yaml").write_text(playbook(name=name))
    return folder
