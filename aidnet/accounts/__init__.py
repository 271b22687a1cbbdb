"""People who sign in, the roles they hold, and how they get in."""
