"""The contact policies that tests decide under."""

from pathlib import Path

from service.decision.guards import make_guards
from service.policy import NO_POLICY
from service.store.in_force.policies import open_policy

#: The guards that nobody can switch off, and no more.
UNGUARDED = make_guards(NO_POLICY)
#: The policy that ships.
SHIPPED = open_policy(Path(__file__).parent.parent / "playbooks" / "policy" / "default.yaml")
