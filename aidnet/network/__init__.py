"""The network itself: its name, whether it is a demo or real, and its settings."""
