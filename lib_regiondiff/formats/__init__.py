"""Other people's documents become palettes, and palettes what others read: typed regions, infotexts, layers."""
