"""What nobody should type, and somebody will."""
