"""What is counted."""

from typing import Any

from flask.testing import FlaskClient


def value(client: FlaskClient, line: str) -> float:
    """The value of one metric, 0 where it is not there yet."""
    lines = client.get("/metrics").text.splitlines()
    return next((float(text.split()[-1]) for text in lines if text.startswith(line)), 0.0)


def test_requests_and_decisions_are_counted(client: FlaskClient, question: dict[str, Any]) -> None:
    """One request adds one to its route and one to the decisions of its kind."""
    lines = [
        'unghost_http_requests_total{method="POST",route="/v1/next-action",status="200"}',
        'unghost_http_request_seconds_count{route="/v1/next-action"}',
        'unghost_decisions_total{action="follow_up",playbook="house",reason="FALLBACK"}',
    ]
    before = [value(client, line) for line in lines]
    client.post("/v1/next-action", json=question)

    assert [count + 1 for count in before] == [value(client, line) for line in lines]


def test_names_from_outside_are_no_labels(client: FlaskClient) -> None:
    """Addresses and methods that anybody can make up do not make new metrics."""
    client.open("/invented/address", method="INVENTED")

    text = client.get("/metrics").text
    assert "invented" not in text.lower()
    assert 'method="other",route="none",status="404"' in text
