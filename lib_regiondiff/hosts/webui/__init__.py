"""AUTOMATIC1111, Forge and Forge Neo: how their network is asked, and how a run of their sampler draws a plan."""
