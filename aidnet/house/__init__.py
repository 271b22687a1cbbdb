"""The house: what runs an installation. Preparing and serving it, backing it up and restoring it."""
