"""Locally-led groups: who they are, what they do, where they reach."""
