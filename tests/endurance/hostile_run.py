"""Gives hostile playbooks to `load`, or all to the HTTP service, and says what came of it.

`test_hostile_playbooks.py` runs it in a process of its own, so that a text that hangs or
crashes the process fails one test and not the run. One line of JSON for each text:

    python -m tests.endurance.hostile_run load|validate
"""

import json
import sys
from collections.abc import Callable, Collection, Mapping

import click

from service.playbook import load
from tests.endurance.hostile import HOSTILE
from tests.endurance.largest import LARGEST
from tests.endurance.server import PLAYBOOKS
from tests.services import app_over

ALL = {**HOSTILE, **LARGEST}
Said = tuple[bool, Collection[str]]


def loaded(text: str | bytes) -> Said:
    """Whether `load` makes a ruleset of it, and the codes of what it says."""
    found = load(text)
    return found.ruleset is not None, {diagnostic.code for diagnostic in found.diagnostics}


def validated() -> Callable[[str | bytes], Said]:
    """The same by way of `POST /v1/playbooks/validate`; a problem's code is its kind's word."""
    client = app_over(PLAYBOOKS).test_client()

    def ask(text: str | bytes) -> Said:
        raw = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
        response = client.post("/v1/playbooks/validate", data=raw, content_type="text/yaml")
        answer: Mapping[str, object] = response.get_json(force=True)
        if response.status_code != 200:
            return False, {str(answer["type"]).rsplit(":", 1)[-1]}
        return bool(answer["valid"]), {said["code"] for said in answer["diagnostics"]}

    return ask


def main(way: str) -> None:
    """Say for each text, as soon as it is known, whether it loads and what was said."""
    ask = loaded if way == "load" else validated()
    cases = HOSTILE if way == "load" else ALL
    for name, hostile in cases.items():
        loads, codes = ask(hostile.text)
        click.echo(json.dumps({"name": name, "loads": loads, "codes": sorted(codes)}))


if __name__ == "__main__":
    main(sys.argv[1])
