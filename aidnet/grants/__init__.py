"""Grants: what a donor agreed to pay for, what was paid, and the reports it is owed."""
