"""HTTP: one module a resource; every error is a problem (`problems.py`)."""
