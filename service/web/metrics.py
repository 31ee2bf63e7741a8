"""What the service counts, and `GET /metrics`.

Under several workers every one of them counts for itself. Where the environment names a
folder in `PROMETHEUS_MULTIPROC_DIR` before the start, they count into files there, and any of
them can answer for all. The folder must be empty when the service starts.
"""

import os
from functools import cache

from flask import Blueprint, Response
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
)

blueprint = Blueprint("metrics", __name__)

_FOLDER = "PROMETHEUS_MULTIPROC_DIR"

REQUESTS = Counter("unghost_http_requests", "Requests answered.", ["method", "route", "status"])
SECONDS = Histogram(
    "unghost_http_request_seconds",
    "How long an answer took, from the first header to the last byte made.",
    ["route"],
    buckets=(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 2.5),
)
STAGES = Histogram(
    "unghost_stage_seconds",
    "How long the parts of a decision took: to read, to decide, and until it was durable.",
    ["stage"],
    buckets=(0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5),
)
DECISIONS = Counter("unghost_decisions", "Decisions given.", ["playbook", "reason", "action"])
ASSIGNMENTS = Counter(
    "unghost_assignments",
    "Decisions whose playbook an experiment chose.",
    ["experiment", "arm", "reason"],
)

ENGINE_FAULTS = Counter("unghost_engine_faults", "Requests that failed by a fault of the engine.")


@cache
def _in_force() -> tuple[Gauge, Gauge]:
    """Of several workers, what the one says that is furthest behind.

    Made by each worker for itself: the process that forks them looks at no library, and would
    be behind for ever.
    """
    return Gauge(
        "unghost_in_force_generation",
        "Which state of the library is in force; it grows with every publication.",
        multiprocess_mode="livemin",
    ), Gauge(
        "unghost_in_force_looked_timestamp_seconds",
        "When the library was last looked at with success, as Unix time.",
        multiprocess_mode="livemin",
    )


# Looking up a metric by its labels costs more than adding to it; there are few of them.
_requests = cache(REQUESTS.labels)
_seconds = cache(SECONDS.labels)
_stages = cache(STAGES.labels)
_decisions = cache(DECISIONS.labels)
_assignments = cache(ASSIGNMENTS.labels)


def count(method: str, route: str, status: int, seconds: float) -> None:
    """Count one request; `method` and `route` are words of ours, never the caller's."""
    _requests(method, route, status).inc()
    _seconds(route).observe(seconds)


def count_decision(playbook: str, reason: str, action: str) -> None:
    """Count one decision; its playbook and action are declared in our files."""
    _decisions(playbook, reason, action).inc()


def count_assignment(experiment: str, arm: str, reason: str) -> None:
    """Count one decision whose playbook is that of an arm."""
    _assignments(experiment, arm, reason).inc()


def time_stage(stage: str, seconds: float) -> None:
    """Note how long a part of a decision took: `read`, `decide` or `record`."""
    _stages(stage).observe(seconds)


def count_engine_fault() -> None:
    """Count one request that the engine failed."""
    ENGINE_FAULTS.inc()


def note_look(generation: int) -> None:
    """Note that the library was looked at just now, and what state it was in."""
    state, looked = _in_force()
    state.set(generation)
    looked.set_to_current_time()


@blueprint.get("/metrics")
def metrics() -> Response:
    """All counts so far, as Prometheus reads them."""
    registry = REGISTRY
    if _FOLDER in os.environ:
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
