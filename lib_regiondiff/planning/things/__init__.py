"""Things: brushes whose object is drawn whole in a close-up, whatever their size."""
