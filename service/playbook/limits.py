"""How much a playbook may hold. The engine is built and tested for everything within these.

`checks` turns each of them into a diagnostic; `decision.engine` refuses what lies beyond
with a ValueError. Tests are counted in the ruleset, after a playbook's lists and tables have
become conditions: `seniority: [vp, c_level]` is two.
"""

MOST_RULES = 1_000
"""Rules of all strata together: table rows and refutations count as rules."""

MOST_TESTS_IN_A_RULE = 100
"""Comparisons in one rule's condition."""

MOST_TESTS = 4_000
"""Comparisons of all rules together. Each takes up to 4 kB of memory while in use."""

MOST_NESTING = 20
"""`all` and `any` inside each other."""

MOST_STRATA = 40
"""Strata of one ruleset."""

LARGEST_NUMBER = 2**53
"""Numbers, in conditions and in fields, lie within plus and minus this."""
