"""The measurement of the ledger can still be run; no test asks how fast anything is."""

from rich.console import Console

from tests.benchmarks.ledger import ledger, table


def test_ledger_is_measured() -> None:
    """Both ways keep something, and the table tells it."""
    results = ledger(0.05, 1, (2,))

    assert "SQLite" in results
    for cells in results.values():
        assert cells["2"]["groups"]["per_second"] > 0
        assert cells["2"]["one each"]["per_second"] > 0
    assert len(table(results).rows) == len(results)
    table(results).show(Console(quiet=True))
