"""Deliveries from a group's own spreadsheet, looked through and loaded once."""
