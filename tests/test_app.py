"""The service, put together as an operator says."""

from pathlib import Path

import pytest

from service.app import Settings, create_app
from service.shipped import shipped


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, Settings(shipped("playbooks"), "house")),
        (
            {"UNGHOST_PLAYBOOKS": "", "UNGHOST_DEFAULT_PLAYBOOK": ""},
            Settings(shipped("playbooks"), "house"),
        ),
        (
            {"UNGHOST_PLAYBOOKS": "/etc/unghost", "UNGHOST_DEFAULT_PLAYBOOK": "mine"},
            Settings(Path("/etc/unghost"), "mine"),
        ),
    ],
)
def test_settings_come_from_the_environment(
    environment: dict[str, str], expected: Settings
) -> None:
    """What the environment does not say, or leaves empty, is the default."""
    assert expected == Settings.from_environment(environment)


def test_missing_folder_stops_the_start(tmp_path: Path) -> None:
    """A folder of playbooks that is not there is found at the start, not at the first request."""
    with pytest.raises(FileNotFoundError, match="nowhere"):
        create_app(Settings(tmp_path / "nowhere"))
