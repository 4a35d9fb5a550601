"""Things, scenes and stuff: what a brush is, and the close-up that shows it."""
