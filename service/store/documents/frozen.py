"""What an experiment may not change while it runs: all that its result hangs on, but the arms."""

from sqlalchemy import Connection

from service.experiment import Experiment, load_experiment
from service.store.documents.document_rows import Kind
from service.store.documents.lives import lives, said

#: The words of the document.
_FROZEN = ("unit", "audience", "holdout", "namespace", "primary", "guardrails", "planned")


class Frozen(Exception):  # noqa: N818 - a state, not a mistake
    """A version changes what is frozen while an experiment runs: `fields`."""

    def __init__(self, name: str, fields: tuple[str, ...]) -> None:
        words = ", ".join(f"`{field}`" for field in fields)
        super().__init__(
            f"{words} of `{name}` cannot change while it runs, or its result would mean nothing: "
            "stop it, and begin another experiment"
        )
        self.fields = fields


def demand_same(before: Experiment, after: Experiment) -> None:
    """Raises Frozen where anything that is frozen differs."""
    if fields := tuple(f for f in _FROZEN if getattr(before, f) != getattr(after, f)):
        raise Frozen(before.name, fields)


def demand_takes_up(connection: Connection, kind: Kind, name: str, text: str) -> None:
    """Raises Frozen for an experiment that runs, and could never take up a text that loads."""
    for life in lives(connection, name) if kind == "experiment" else ():
        if life.state == "running":
            before, after = said(connection, name, life.version), load_experiment(text).experiment
            if before and after:
                demand_same(before, after)
