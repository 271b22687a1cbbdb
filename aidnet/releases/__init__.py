"""Results reports: immutable, coarsened statements of where and what, for donors."""
