"""What an operator can choose, and where it is read."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from service.shipped import shipped

#: Where everything is kept if nobody says otherwise: a file in the folder of the process.
DEFAULT_DATABASE = "sqlite:///unghost.db"


@dataclass(frozen=True)
class Settings:
    """The choices, each with what holds where nobody chose."""

    database: str
    playbooks: Path
    default_playbook: str = "house"
    policy: Path | None = None
    quota: str = "1000/10"
    keep_days: str = "90"
    log_level: str | None = "info"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """The settings that the environment holds, and the defaults for the others.

        `DATABASE_URL` is the database; left out, the file `unghost.db` in the folder of the
        process. `UNGHOST_DEFAULT_PLAYBOOK` is the name of the playbook for requests that name
        none. A first start fills the database: `UNGHOST_PLAYBOOKS` is a folder of playbooks;
        left out, those that ship with the product. `UNGHOST_POLICY` is the file of the contact
        policy; left out, `policy/default.yaml` in the folder of playbooks, or where there is
        none the one that ships.

        `UNGHOST_KEEP_DAYS` are the days after which what is personal is removed. `UNGHOST_QUOTA`
        is what each API key may ask for, as `requests/seconds`. `UNGHOST_LOG` is the lowest level
        that is logged: debug, info, warning or error. (A `log_level` of None leaves the logs of
        the process alone, as tests want it.)
        """
        policy = environment.get("UNGHOST_POLICY")
        folder = environment.get("UNGHOST_PLAYBOOKS")
        return cls(
            database=environment.get("DATABASE_URL") or DEFAULT_DATABASE,
            playbooks=Path(folder) if folder else shipped("playbooks"),
            default_playbook=environment.get("UNGHOST_DEFAULT_PLAYBOOK") or "house",
            policy=Path(policy) if policy else None,
            quota=environment.get("UNGHOST_QUOTA") or "1000/10",
            keep_days=environment.get("UNGHOST_KEEP_DAYS") or "90",
            log_level=environment.get("UNGHOST_LOG") or "info",
        )

    def policy_file(self) -> Path:
        """The file of the contact policy that a first start takes."""
        beside = self.playbooks / "policy" / "default.yaml"
        if self.policy is not None:
            return self.policy
        return beside if beside.exists() else shipped("playbooks", "policy", "default.yaml")
