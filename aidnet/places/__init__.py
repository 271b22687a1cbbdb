"""The gazetteer, the sites people add to it, and the crossings."""
