"""The service, put together as an operator says."""

from dataclasses import replace
from pathlib import Path

import pytest

from service.app import opened_store
from service.settings import DEFAULT_DATABASE, Settings
from service.shipped import shipped
from service.store.in_force.policies import FaultyPolicy
from tests.services import app_over, new_database


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, Settings(DEFAULT_DATABASE, shipped("playbooks"), "house")),
        (
            {"UNGHOST_PLAYBOOKS": "", "UNGHOST_DEFAULT_PLAYBOOK": "", "UNGHOST_POLICY": ""},
            Settings(DEFAULT_DATABASE, shipped("playbooks"), "house"),
        ),
        (
            {"UNGHOST_PLAYBOOKS": "/etc/unghost", "UNGHOST_DEFAULT_PLAYBOOK": "mine"},
            Settings(DEFAULT_DATABASE, Path("/etc/unghost"), "mine"),
        ),
        (
            {"DATABASE_URL": "postgresql://db/unghost"},
            Settings("postgresql://db/unghost", shipped("playbooks"), "house"),
        ),
        (
            {"UNGHOST_QUOTA": "5/1", "UNGHOST_LOG": "error"},
            Settings(DEFAULT_DATABASE, shipped("playbooks"), quota="5/1", log_level="error"),
        ),
        (
            {"UNGHOST_POLICY": "/etc/unghost/policy.yaml"},
            Settings(
                DEFAULT_DATABASE, shipped("playbooks"), "house", Path("/etc/unghost/policy.yaml")
            ),
        ),
    ],
)
def test_settings_come_from_the_environment(
    environment: dict[str, str], expected: Settings
) -> None:
    """What the environment does not say, or leaves empty, is the default."""
    assert expected == Settings.from_environment(environment)


def test_the_policy_is_the_named_one_or_that_of_the_folder_or_the_shipped_one(
    tmp_path: Path,
) -> None:
    """The nearest to what the operator said."""
    shipped_one = shipped("playbooks", "policy", "default.yaml")
    beside = tmp_path / "policy" / "default.yaml"
    named = tmp_path / "strict.yaml"
    before = Settings(DEFAULT_DATABASE, tmp_path).policy_file()
    beside.parent.mkdir()
    beside.write_text(shipped_one.read_text("utf-8"), "utf-8")

    assert before == shipped_one == Settings(DEFAULT_DATABASE, shipped("playbooks")).policy_file()
    assert Settings(DEFAULT_DATABASE, tmp_path).policy_file() == beside
    assert Settings(DEFAULT_DATABASE, tmp_path, policy=named).policy_file() == named


@pytest.mark.parametrize(
    ("text", "expected"),
    [(None, FileNotFoundError), ("policy: mine\ntitle: Mine\n", FaultyPolicy)],
)
def test_nobody_is_served_without_the_policy_that_was_asked_for(
    text: str | None, expected: type[Exception], tmp_path: Path
) -> None:
    """A policy that is missing or has errors is found at the start, and named."""
    file = tmp_path / "policy.yaml"
    if text is not None:
        file.write_text(text, "utf-8")

    with pytest.raises(expected, match=r"policy\.yaml"):
        app_over(shipped("playbooks"), policy=file)


def test_days_to_keep_that_are_none_stop_the_start(tmp_path: Path) -> None:
    """Whoever meant to have data removed finds out at once that it would not be."""
    settings = Settings.from_environment({"UNGHOST_KEEP_DAYS": "off"})

    with pytest.raises(ValueError, match="UNGHOST_KEEP_DAYS is `off`"):
        opened_store(replace(settings, database=new_database(), playbooks=tmp_path))


def test_missing_folder_stops_the_start(tmp_path: Path) -> None:
    """A folder of playbooks that is not there is found at the start, not at the first request."""
    with pytest.raises(FileNotFoundError, match="nowhere"):
        app_over(tmp_path / "nowhere")
