"""compose.yaml: its commands and settings are ours, and its limits fit those of the service."""

import re
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from service.__main__ import main
from service.web.body import MAX_BYTES
from service.web.server import Address, settings

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "compose.yaml").read_text()
SERVICES: dict[str, Any] = yaml.safe_load(TEXT)["services"]
OURS = [name for name, service in SERVICES.items() if service["image"] == "unghost"]
NGINX = SERVICES["nginx"]["environment"]["NGINX_CONF"].replace("$$", "$")
GUNICORN: dict[str, Any] = settings(Address("0.0.0.0", 8000, 1, 64))  # noqa: S104 - as in it


def seconds(text: str) -> int:
    """`30s` as a number."""
    return int(text.removesuffix("s"))


def directive(name: str) -> str:
    """What the one directive of this name says in nginx's configuration."""
    [found] = re.findall(rf"^\s*{name}\s+([^;]+);", NGINX, re.MULTILINE)
    return str(found)


def parsed(words: list[str]) -> dict[str, object]:
    """The arguments of a command as it would get them; raises as if they were typed."""
    command: click.Command | None = main
    while isinstance(command, click.Group):
        command = command.get_command(click.Context(command), words[0])
        words = words[1:]
    assert command, "there is no such command"
    return command.make_context(command.name, words).params


TYPED = [
    *(" ".join(SERVICES[name]["command"]) for name in OURS),
    *re.findall(r"^#.*docker compose run --rm unghost (unghost .*)$", TEXT, re.MULTILINE),
]


@pytest.mark.parametrize("typed", TYPED)
def test_every_command_is_one_of_ours(typed: str) -> None:
    """With options that it has; also those that the comments tell people to type."""
    program, *words = typed.split()

    assert program == "unghost"
    parsed(words)


def test_the_replicas_are_served_where_nginx_looks() -> None:
    """At one port, from everywhere inside."""
    served = parsed(SERVICES["unghost"]["command"][1:])
    port = SERVICES["unghost"]["environment"]["PORT"]

    assert served["host"] == "0.0.0.0"  # noqa: S104 - a container's own network
    assert f"server unghost:{port} resolve;" in NGINX
    assert SERVICES["unghost"]["deploy"]["replicas"] == 2
    assert SERVICES["nginx"]["ports"] == [f"127.0.0.1:8000:{directive('listen')}"]
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["nginx"]


def test_every_setting_is_read_by_somebody() -> None:
    """By the service, or as PGPASSWORD by PostgreSQL's own client."""
    source = "".join(path.read_text() for path in (ROOT / "service").rglob("*.py"))
    names = {name for ours in OURS for name in SERVICES[ours]["environment"]}

    assert {name for name in names if f'"{name}"' not in source} == {"PGPASSWORD"}


def test_no_password_is_in_it() -> None:
    """All that look like one come from outside, and are demanded."""
    passwords = re.findall(r"^\s*\w*PASSWORD: (.*)$", TEXT, re.MULTILINE)

    assert len(passwords) == 2
    assert all(each.startswith("${POSTGRES_PASSWORD:?") for each in passwords)


@pytest.mark.parametrize("name", SERVICES)
def test_every_container_is_sealed(name: str) -> None:
    """Nothing in it can be written to but memory and its volume, and nothing more be allowed."""
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "/tmp" in service["tmpfs"]  # noqa: S108 - memory
    assert service["restart"] == ("no" if name == "migrate" else "unless-stopped")
    assert name in OURS or service["user"] == name


def test_the_order_of_the_start() -> None:
    """The database, its tables, the replicas, nginx."""
    waits = {
        name: {other: how["condition"] for other, how in service["depends_on"].items()}
        for name, service in SERVICES.items()
        if "depends_on" in service
    }

    assert waits == {
        "migrate": {"postgres": "service_healthy"},
        "unghost": {
            "postgres": "service_healthy",
            "migrate": "service_completed_successfully",
        },
        "nginx": {"unghost": "service_healthy"},
    }


def test_nginx_limits_fit_the_services() -> None:
    """The service says 413 itself; nobody waits for less long than who they wait for takes."""
    largest = int(directive("client_max_body_size").removesuffix("k")) * 1024
    [reused] = re.findall(r"keepalive 32;\s*keepalive_timeout (\d+)s;", NGINX)

    assert MAX_BYTES < largest < 1.2 * MAX_BYTES
    assert directive("client_body_buffer_size") == directive("client_max_body_size")
    assert f"{MAX_BYTES:,} bytes" in NGINX
    assert int(reused) < GUNICORN["keepalive"]
    assert seconds(directive("proxy_read_timeout")) > GUNICORN["timeout"]
    assert seconds(SERVICES["unghost"]["stop_grace_period"]) > GUNICORN["graceful_timeout"]
    assert seconds(SERVICES["nginx"]["stop_grace_period"]) > seconds(
        directive("proxy_read_timeout")
    )


def test_nginx_gathers_and_never_repeats_a_post() -> None:
    """Slow callers hold no thread; what may have been done is not done again."""
    assert directive("proxy_request_buffering") == directive("proxy_buffering") == "on"
    assert directive("proxy_next_upstream") == "error timeout"
    assert directive("proxy_set_header X-Request-Id") == "$http_x_request_id"


def test_nginx_configuration_is_well_formed() -> None:
    """Braces close, and every line ends a directive, a block or a list."""
    bare = re.sub(r"'[^'\n]*'", "''", re.sub(r"#.*", "", NGINX))
    depths = [0]
    for brace in re.findall(r"[{}]", bare):
        depths.append(depths[-1] + (1 if brace == "{" else -1))

    assert min(depths) == depths[-1] == 0
    assert max(depths) == 3
    lines = [line.strip() for line in bare.splitlines() if line.strip()]
    assert [line for line in lines if line[-1] not in ";{}'"] == []
    assert "$" not in TEXT.replace("$$", "").replace("${POSTGRES_PASSWORD", "").replace("$(", "")
