"""Families of models: how a prompt is told to them, and how their network is asked."""
