"""The README tells the truth: its call gives its answer, its commands what they print."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from service.__main__ import main
from service.shipped import shipped
from tests.services import app_over

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def blocks(language: str) -> list[str]:
    """The fenced blocks of a language."""
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def the_call() -> tuple[str, dict[str, Any]]:
    """The address and the body of the README's call."""
    (command,) = [block for block in blocks("console") if "curl" in block]
    words = shlex.split(command.removeprefix("$ "))
    return words[2], json.loads(words[words.index("-d") + 1])


def test_the_call_gives_the_answer() -> None:
    """What the README asks is answered as the README says, but for the decision's id."""
    address, body = the_call()
    client = app_over(shipped("playbooks")).test_client()
    (said,) = (json.loads(block) for block in blocks("json"))

    answer = client.post(address.partition(":8000")[2], json=body).get_json()

    assert {**said, "decision_id": answer["decision_id"]} == answer


def test_the_commands_print_what_is_said() -> None:
    """A command with output printed below it prints that output."""
    shown = [
        block.splitlines() for block in blocks("console") if block.startswith("$ .venv/bin/unghost")
    ]
    assert shown
    for command, *printed in shown:
        arguments = shlex.split(command)[2:]
        found = [str(ROOT / word) if word.endswith(".yaml") else word for word in arguments]

        result = CliRunner().invoke(main, found)

        assert "\n".join(printed) == result.output.strip()


def test_every_shipped_playbook_is_named() -> None:
    """The README knows every playbook that ships, and no other."""
    named = set(re.findall(r"\(playbooks/([a-z-]+)\.yaml\)", README))

    assert {path.stem for path in shipped("playbooks").glob("*.yaml")} == named
    assert "(playbooks/policy/default.yaml)" in README


def test_every_folder_is_named() -> None:
    """Each folder of the service has a line in the README."""
    folders = {
        path.name for path in (ROOT / "service").iterdir() if (path / "__init__.py").exists()
    }

    assert {name for name in folders if f"`service/{name}/`" in README} == folders


def test_every_setting_is_named() -> None:
    """What the environment can say to the service stands in the README."""
    wanted = set(re.findall(r"UNGHOST_\w+", (ROOT / "service" / "settings.py").read_text()))

    assert len(wanted) >= 3
    assert wanted == set(re.findall(r"UNGHOST_\w+", README))
