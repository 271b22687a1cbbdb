"""Hand-overs as both sides see them, and consignments that are parted and joined."""
