"""What became of each gift: followed through every hop as the money moves, exact to the minor unit."""
