"""VALUES → PLAYBOOK: what the parts of a playbook say, names resolved and types checked."""
