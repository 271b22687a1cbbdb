"""Measurements, apart from tests: `make bench`."""
