"""Experiments under way: who got which arm, what came of it, and what harm it did."""
