"""PLAYBOOK → WHAT NEVER IS: rules and rows without a say, prospects without an answer."""
