"""Lists of gifts: pasted or uploaded, looked through, and loaded once."""
