"""Weights: masks come in; for each level maps of cells go out that sum to 1."""
