"""VALUES → FLAWS: the shape of a playbook, held against its JSON Schema."""
