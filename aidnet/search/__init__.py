"""One box that leads to whatever a code or a word names, as far as the one who types may see it."""
