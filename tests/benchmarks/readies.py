"""The shipped playbooks, ready to decide."""

from service.decision import Ready, make_ready
from service.playbook import load
from tests.benchmarks.processes import ROOT


def texts() -> dict[str, bytes]:
    """The shipped playbooks, by name."""
    return {path.stem: path.read_bytes() for path in sorted((ROOT / "playbooks").glob("*.yaml"))}


def made_ready(text: bytes) -> Ready:
    """A playbook to decide with.

    Raises:
        ValueError: it has errors.
    """
    ruleset = load(text).ruleset
    if ruleset is None:
        raise ValueError("the playbook has errors")
    return make_ready(ruleset)
