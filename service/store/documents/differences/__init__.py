"""TWO VERSIONS → WHAT CHANGED: rule by rule, in a manager's words. Pure.

    parts      anything that can change: what it is called, what it says, its rows or steps
    align      which parts of two versions belong together, and how each has changed
    sentences  a change in words
    wording    conditions, sums, waits and windows in words
    playbook   the parts of a playbook
    policy     the parts of a contact policy
    experiment the parts of an experiment

Each part is described as a handful of aspects in words, and the words are compared. Where two
parts differ in a way that the words do not show, that they have changed is told all the same.
"""

from collections.abc import Mapping

from service.experiment import load_experiment
from service.playbook import load
from service.policy import Laws, load_policy
from service.store.documents.differences import align, experiment, playbook, policy
from service.store.documents.differences.parts import Change, Section
from service.store.documents.document_rows import Kind

__all__ = ["Change", "Unreadable", "compare_texts"]


class Unreadable(Exception):  # noqa: N818 - it says what was found
    """A text with mistakes that keep its parts from being understood; `which` of the two."""

    def __init__(self, which: str) -> None:
        super().__init__(f"the {which} text has mistakes, so its rules cannot be compared")
        self.which = which


def compare_texts(
    kind: Kind, before: str, after: str, packs: Mapping[str, Laws]
) -> tuple[Change, ...]:
    """What has changed from one text to another, in the order in which it is written.

    Comments, and the order of what has no order, are no change. Of a policy, the laws that it
    switches on are rules like its own.

    Args:
        kind: what the texts are.
        before: one text.
        after: the other.
        packs: the laws that a policy may switch on.

    Raises:
        Unreadable: one has mistakes that keep its parts from being understood.
    """
    one, other = (_sections(kind, text, packs) for text in (before, after))
    if one is None or other is None:
        raise Unreadable("first" if one is None else "second")
    return align.changes(one, other)


def _sections(kind: Kind, text: str, packs: Mapping[str, Laws]) -> tuple[Section, ...] | None:
    match kind:
        case "playbook":
            said = load(text).playbook
            return None if said is None else playbook.sections(said)
        case "policy":
            rules = load_policy(text, packs).policy
            return None if rules is None else policy.sections(rules)
        case "experiment":
            compared = load_experiment(text).experiment
            return None if compared is None else experiment.sections(compared)
