"""The library: playbooks, contact policies and experiments as people write them."""
