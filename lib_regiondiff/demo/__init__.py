"""What the first run shows: palettes that need nothing but a model that knows colours."""
