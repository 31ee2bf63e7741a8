"""TEXT → RULESET: what a manager writes, checked and compiled. Pure; imports nothing of ours.

    text/       YAML, read strictly, every value with its place
    shape/      what is no playbook's shape
    meaning/    what its parts say, as the frozen values of `rules`
    messages/   its templates: the part of Liquid they may use
    reach/      rules that can never have a say, prospects without an answer
    checks      circles, waits on nothing, limits
    compiler    the `ruleset`, plain values with a digest

`load` goes all the way and never raises for anything typed into a file.
"""

from service.playbook.diagnostics import Diagnostic, Place, has_errors
from service.playbook.load import Loaded, load
from service.playbook.rules import Playbook
from service.playbook.ruleset import Ruleset

__all__ = ["Diagnostic", "Loaded", "Place", "Playbook", "Ruleset", "has_errors", "load"]
