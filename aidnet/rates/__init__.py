"""Rates that people typed, and what the ledger's rows are worth by them."""
