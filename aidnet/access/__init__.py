"""Roads, crossings and networks that are blocked, and where."""
