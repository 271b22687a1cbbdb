"""What is needed where, and whether it came."""
