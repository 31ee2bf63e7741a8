"""Playbooks replaced under many threads that decide. `make endurance` does it for long."""

from tests.endurance.replacing import Exercise


def test_no_answer_is_wrong_while_playbooks_are_replaced() -> None:
    """16 threads get the answers of the playbook they hold, however fast it is replaced."""
    exercise = Exercise()
    outcome = exercise.run(seconds=3)

    assert outcome.wrong == []
    assert outcome.counts["decisions"] > 100
    assert outcome.counts["replacements"] > 3


def test_the_variants_differ() -> None:
    """The exercise would notice an answer of another variant: no two answer alike."""
    right = Exercise().right

    assert all(one != other for n, one in enumerate(right) for other in right[:n])
