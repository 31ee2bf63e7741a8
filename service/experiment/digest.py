"""A fingerprint of what an experiment does: the same words give the same digest."""

import hashlib
import json
from dataclasses import asdict, replace
from datetime import timedelta

from service.experiment.experiment import Experiment


def with_digest(experiment: Experiment) -> Experiment:
    """The experiment with its digest: `sha256:` and the hash of the canonical JSON.

    Title, hypothesis and places decide nothing and count nothing, so they are left out.
    """
    document = asdict(experiment)
    for name in ("title", "hypothesis", "digest", "places"):
        del document[name]
    del document["audience"]["condition"]  # it stands there once more, compiled
    canonical = json.dumps(
        document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_as_json
    )
    return replace(experiment, digest="sha256:" + hashlib.sha256(canonical.encode()).hexdigest())


def _as_json(value: object) -> object:
    if isinstance(value, timedelta):
        return value.total_seconds()
    raise TypeError(f"an experiment holds a {type(value).__name__}, which JSON does not know")
