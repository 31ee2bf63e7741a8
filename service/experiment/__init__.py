"""TEXT → EXPERIMENT, and UNIT → ARM: which playbook does better. Pure.

    experiment  what an experiment says, as frozen values
    load        all the way from a text, with everything that is wrong on the way
    sense       what has the right shape and still cannot be meant
    audience    who takes part, judged by what is known of a prospect
    digest      a fingerprint of what an experiment does
    buckets     the hash that gives every unit its place, and the ranges of the arms
    units       whom a request is about: an account, a domain, a prospect
    assignment  the arm of a unit, and why
    reading/    what came of it

An experiment is written, read and told about as a playbook is: the same reader, the same check
of the shape, the same diagnostics.
"""

from service.experiment.assignment import (
    Assignment,
    Phase,
    Reason,
    Running,
    Standing,
    assign,
    resolve,
)
from service.experiment.experiment import Arm, Experiment, Guardrail, Namespace, Primary
from service.experiment.load import LoadedExperiment, load_experiment
from service.experiment.sense import unknown_playbooks
from service.experiment.units import Identity, Unit, units_of

__all__ = [
    "Arm",
    "Assignment",
    "Experiment",
    "Guardrail",
    "Identity",
    "LoadedExperiment",
    "Namespace",
    "Phase",
    "Primary",
    "Reason",
    "Running",
    "Standing",
    "Unit",
    "assign",
    "load_experiment",
    "resolve",
    "units_of",
    "unknown_playbooks",
]
