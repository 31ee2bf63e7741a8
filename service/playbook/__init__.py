"""TEXT → RULESET: what a manager writes, checked and compiled. Pure; imports nothing of ours.

    document   YAML, read strictly, every value with its place
    schema     its shape
    build      its meaning, as the frozen values of `rules`
    checks     what cannot be meant; `reach`: what can never have a say
    compiler   the `ruleset`, plain values with a digest

`load` goes all the way and never raises for anything typed into a file.
"""

from service.playbook.diagnostics import Diagnostic, Place, has_errors
from service.playbook.load import Loaded, load
from service.playbook.rules import Playbook
from service.playbook.ruleset import Ruleset

__all__ = ["Diagnostic", "Loaded", "Place", "Playbook", "Ruleset", "has_errors", "load"]
