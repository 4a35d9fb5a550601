"""Attention: what acts inside the network's cross-attention, and is the same on every host."""
