"""Checkpoints: a folder, a file or a hub id comes in; a pipeline goes out."""
