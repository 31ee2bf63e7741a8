"""One HTTP request through the app itself, without a server: Flask's share and ours."""

from collections.abc import Callable
from io import BytesIO
from time import perf_counter, perf_counter_ns
from typing import Any

from flask import Flask
from werkzeug.test import EnvironBuilder

from tests.benchmarks.least import echo_app
from tests.benchmarks.seams import ANSWERING, app, cut
from tests.benchmarks.spread import Spread, microseconds, spread

_OK = "200"


def asking(served: Flask, raw: bytes) -> Callable[[], bytes]:
    """A function that has the app answer the request once, and gives the body.

    It raises ConnectionError where the answer is no good one.
    """
    builder = EnvironBuilder("/v1/next-action", method="POST", content_type="application/json")
    builder.content_length = len(raw)
    environ = builder.get_environ()

    def began(status: str, _headers: Any, _error: Any = None) -> Any:
        if not status.startswith(_OK):
            raise ConnectionError(status)

    def ask() -> bytes:
        answer = served({**environ, "wsgi.input": BytesIO(raw)}, began)
        text = b"".join(answer)
        answer.close()  # type: ignore[attr-defined]  # werkzeug's answers have it
        return text

    return ask


def wsgi(raw: bytes, seconds: float) -> dict[str, Any]:
    """µs of one request, ours and the echo's, and our stages; what no stage has is `flask`."""
    times = microseconds({"unghost": asking(app(), raw), "echo": asking(echo_app(), raw)}, seconds)
    stages = split(app(), raw, seconds)
    return {
        **{name: time.to_json() for name, time in times.items()},
        "stages": {name: time.to_json() for name, time in stages.items()},
    }


def split(served: Flask, raw: bytes, seconds: float) -> dict[str, Spread]:
    """What each stage of the answer takes, in µs."""
    names = ("flask", *(seam.stage for seam in ANSWERING))
    taken: dict[str, list[float]] = {name: [] for name in names}
    ask = asking(served, raw)
    ask()
    with cut(ANSWERING) as watch:
        end = perf_counter() + seconds
        while perf_counter() < end or not taken["flask"]:
            watch.spent.clear()
            began = perf_counter_ns()
            ask()
            whole = perf_counter_ns() - began
            spent = {**watch.spent, "flask": whole - sum(watch.spent.values())}
            for name, time in spent.items():
                taken[name].append(time / 1e3)
    return {name: spread(times) for name, times in taken.items()}
