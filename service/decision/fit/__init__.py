"""PLAYBOOK, POLICY → DIAGNOSTICS: steps that the contact policy would always hold up or bar.

hours      steps whose window the policy's hours never meet
pace       plays that come faster than the policy lets them
trial      a play tried on a prospect who says nothing
prospects  a prospect made up for a play
"""

from dataclasses import replace

from service.decision.fit.hours import never_allowed
from service.decision.fit.pace import too_fast
from service.playbook.diagnostics import Diagnostic, in_order
from service.playbook.load import Loaded, bounded
from service.playbook.rules import Playbook
from service.playbook.ruleset import Ruleset
from service.policy.policy import Policy

__all__ = ["check_fit", "fitted"]


def check_fit(playbook: Playbook, ruleset: Ruleset, policy: Policy) -> tuple[Diagnostic, ...]:
    """Where a playbook can never go as it is written under a policy. Warnings, all of them.

    Only the policy's own rules for everybody count: what a law or a rule for some would hold
    depends on the prospect. Nothing is told that cannot happen.
    """
    return in_order([*never_allowed(playbook, policy), *too_fast(playbook, ruleset, policy)])


def fitted(loaded: Loaded, policy: Policy) -> Loaded:
    """A playbook as it was loaded, and what of it does not fit a policy among its diagnostics."""
    if loaded.playbook is None or loaded.ruleset is None:
        return loaded
    found = check_fit(loaded.playbook, loaded.ruleset, policy)
    return replace(loaded, diagnostics=bounded([*loaded.diagnostics, *found])) if found else loaded
