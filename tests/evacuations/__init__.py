"""Evacuations: people moved to safety, in numbers."""
