"""Sampling: a WebUI's name of a sampler comes in; a scheduler and the levels that it runs go out."""
