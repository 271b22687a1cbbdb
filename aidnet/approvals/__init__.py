"""Acts with money that need a second person, and their word on them."""
