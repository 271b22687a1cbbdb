"""Deliveries: a plan, an append-only list of events, and a state derived from them."""
