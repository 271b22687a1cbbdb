"""Statements of closed months: immutable, numbered, and made again from the books at any time."""
