"""Attention: brushes come in; what acts in cross-attention goes out: regions that one view shows, words to raise."""
