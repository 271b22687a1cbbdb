"""What partners say in public or to each other."""
