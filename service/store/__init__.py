"""WHAT IS KEPT: the playbooks in force, by name."""
