"""The end of a picture, in pixels: masks cut borders, things are pasted, and what was there before comes back."""
