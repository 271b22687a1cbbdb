"""People moved to safety: numbers, never names."""
