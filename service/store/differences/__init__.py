"""TWO VERSIONS → WHAT CHANGED: rule by rule, in a manager's words. Pure.

    parts      anything that can change: what it is called, what it says, its rows or steps
    align      which parts of two versions belong together, and how each has changed
    sentences  a change in words
    wording    conditions, sums, waits and windows in words
    playbook   the parts of a playbook
    policy     the parts of a contact policy

Each part is described as a handful of aspects in words, and the words are compared. Where two
parts differ in a way that the words do not show, that they have changed is told all the same.
"""

from collections.abc import Mapping

from service.playbook import Playbook, load
from service.policy import Laws, Policy, load_policy
from service.store.differences import align, playbook, policy
from service.store.differences.parts import Change
from service.store.document_rows import Kind

__all__ = ["Change", "Unreadable", "compare_playbooks", "compare_policies", "compare_texts"]


class Unreadable(Exception):  # noqa: N818 - it says what was found
    """A text with mistakes that keep its parts from being understood; `which` of the two."""

    def __init__(self, which: str) -> None:
        super().__init__(f"the {which} text has mistakes, so its rules cannot be compared")
        self.which = which


def compare_playbooks(before: Playbook, after: Playbook) -> tuple[Change, ...]:
    """What has changed from one playbook to another, in the order in which they are written.

    Comments, and the order of what has no order, are no change.
    """
    return align.changes(playbook.sections(before), playbook.sections(after))


def compare_policies(before: Policy, after: Policy) -> tuple[Change, ...]:
    """The same for contact policies; the laws that they switch on are rules like their own."""
    return align.changes(policy.sections(before), policy.sections(after))


def compare_texts(
    kind: Kind, before: str, after: str, packs: Mapping[str, Laws]
) -> tuple[Change, ...]:
    """The same for two texts.

    Args:
        kind: what the texts are.
        before: one text.
        after: the other.
        packs: the laws that a policy may switch on.

    Raises:
        Unreadable: one has mistakes that keep its parts from being understood.
    """
    if kind == "playbook":
        one, other = load(before).playbook, load(after).playbook
        if one is not None and other is not None:
            return compare_playbooks(one, other)
        raise Unreadable("first" if one is None else "second")
    first, second = load_policy(before, packs).policy, load_policy(after, packs).policy
    if first is not None and second is not None:
        return compare_policies(first, second)
    raise Unreadable("first" if first is None else "second")
