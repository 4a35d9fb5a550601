"""What the first run shows: palettes, and the vocabulary of the toy world that a small model of our own will draw."""
