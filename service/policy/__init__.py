"""TEXT → POLICY: the contact policy of a deployment and the laws it switches on. Pure.

    policy     what a policy says, as frozen values
    load       all the way from a text, with everything that is wrong on the way
    rows       one rule or law
    places     which time zones and countries there are
    sense      rules that ask for nothing, or for what can never be
    digest     a fingerprint of what a policy does

A policy is written, read and told about as a playbook is: the same reader, the same check of
the shape, the same diagnostics.
"""

from service.policy.load import LoadedLaws, LoadedPolicy, load_laws, load_policy
from service.policy.policy import NO_POLICY, Laws, Policy, policy_of_laws

__all__ = [
    "NO_POLICY",
    "Laws",
    "LoadedLaws",
    "LoadedPolicy",
    "Policy",
    "load_laws",
    "load_policy",
    "policy_of_laws",
]
