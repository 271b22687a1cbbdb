"""Who carries money, by alias only: what they were handed, and what of it is accounted for."""
