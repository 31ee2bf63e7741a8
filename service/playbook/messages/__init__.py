"""TEMPLATES: the part of Liquid that a playbook may use, checked and filled in."""
