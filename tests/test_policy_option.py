"""`--policy FILE`: every command that decides, or judges a playbook, does it under that policy."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from service.__main__ import main
from service.store.in_force.policies import FaultyPolicy
from tests.services import app_over

FIT = Path(__file__).parent / "corpus" / "fit"
HASTY = str(FIT / "faster-than-policy.yaml")
NEVER = """policy: never
title: Never
about: No e-mail to anybody.
rules:
  - {guard: no-mail, channels: [email], consent: required, because: Nobody agreed.}
"""
EXAMPLE = """examples:
  - example: the first e-mail
    as_of: 2026-11-18 10:00
    expect: {action: follow_up}
"""


@pytest.fixture
def never(tmp_path: Path) -> str:
    """The file of a policy that lets no e-mail through."""
    file = tmp_path / "never.yaml"
    file.write_text(NEVER)
    return str(file)


@pytest.fixture
def request_file(tmp_path: Path) -> str:
    """Somebody who did not agree to e-mail."""
    file = tmp_path / "request.json"
    facts = {"id": "c-1", "consented_channels": [], "deal_stage": "proposal"}
    file.write_text(json.dumps({"prospect": facts, "history": []}))
    return str(file)


def unghost(*arguments: str) -> Result:
    """The command, run as if typed."""
    return CliRunner().invoke(main, arguments, catch_exceptions=False)


def test_check_tells_what_does_not_fit_the_policy_of_a_file() -> None:
    """Under the policy that is named; the default lets seven e-mails a week pass."""
    strict = unghost("check", HASTY, "--policy", str(FIT / "policy.yaml"))
    default = unghost("check", HASTY)

    assert "[faster-than-policy]" in strict.output
    assert strict.output.endswith("0 errors and 1 warning in 1 playbook\n")
    assert strict.exit_code == 0
    assert default.output == "no mistakes in 1 playbook\n"


def test_the_policy_in_force_is_that_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """As for the service."""
    monkeypatch.setenv("UNGHOST_POLICY", str(FIT / "policy.yaml"))

    assert "[faster-than-policy]" in unghost("check", HASTY).output


def test_a_policy_and_a_playbook_with_errors_need_none(tmp_path: Path) -> None:
    """Whoever mends a policy is shown its mistakes, whatever is in force."""
    file = tmp_path / "faulty.yaml"
    file.write_text("policy: faulty\ntitle: F\n")

    result = unghost("check", str(file), "--policy", str(file))

    assert "[missing-key]" in result.output
    assert result.exit_code == 1


def test_decide_timeline_and_why_go_by_it(never: str, request_file: str) -> None:
    """The policy bars what it bars."""
    asked = (request_file, "--playbook", HASTY, "--json")

    free = json.loads(unghost("decide", *asked).output)
    barred = json.loads(unghost("decide", *asked, "--policy", never).output)
    line = json.loads(unghost("timeline", *asked, "--policy", never).output)
    why = json.loads(unghost("why", *asked, "--policy", never).output)

    assert free["action"] == "follow_up"
    assert barred["action"] == why["action"] == "wait"
    assert "no-mail" in {
        alternative["lost_to"] for alternative in barred["explanation"]["alternatives"]
    }
    assert line["timelines"][0]["entries"] == []


def test_test_runs_examples_under_it(never: str, tmp_path: Path) -> None:
    """An example passes under one policy and fails under another."""
    file = tmp_path / "playbook.yaml"
    file.write_text(Path(HASTY).read_text() + EXAMPLE)

    assert unghost("test", str(file)).exit_code == 0
    assert unghost("test", str(file), "--policy", never).exit_code == 1


@pytest.mark.parametrize("command", ["decide", "timeline", "why"])
def test_a_policy_that_cannot_be_used_ends_the_command(
    command: str, request_file: str, tmp_path: Path
) -> None:
    """With what is wrong with it, and without an answer."""
    faulty = tmp_path / "faulty.yaml"
    faulty.write_text("policy: faulty\ntitle: F\n")

    missing = unghost(command, request_file, "--policy", str(tmp_path / "none.yaml"))
    wrong = unghost(command, request_file, "--policy", str(faulty))

    assert missing.stderr == f"{tmp_path}/none.yaml: cannot be read: no such file or directory\n"
    assert missing.exit_code == 2
    assert "[missing-key]" in wrong.stderr
    assert wrong.stdout == ""
    assert wrong.exit_code == 1


def test_a_policy_without_packs_beside_it_may_name_those_that_ship(tmp_path: Path) -> None:
    """For the service as for `unghost check`."""
    file = tmp_path / "policy.yaml"
    file.write_text("policy: default\ntitle: Mine\nabout: Mine.\nlaws: [france]\n")
    faulty = tmp_path / "faulty.yaml"
    faulty.write_text("policy: default\n")

    assert isinstance(app_over(FIT, policy=file), Flask)
    with pytest.raises(FaultyPolicy):
        app_over(FIT, policy=faulty)


def test_validate_tells_what_does_not_fit_the_policy_in_force(tmp_path: Path) -> None:
    """The service judges a text under its own policy; the text is valid all the same."""
    strict = tmp_path / "policy.yaml"
    text = (FIT / "policy.yaml").read_text("utf-8")
    strict.write_text(text.replace("policy: strict", "policy: default"), "utf-8")
    client = app_over(FIT, policy=strict).test_client()

    answer = client.post(
        "/v1/playbooks/validate", data=Path(HASTY).read_bytes(), content_type="application/yaml"
    ).get_json()

    assert answer["valid"] is True
    assert [(d["code"], d["severity"]) for d in answer["diagnostics"]] == [
        ("faster-than-policy", "warning")
    ]
