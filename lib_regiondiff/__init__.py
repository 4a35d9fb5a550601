"""Region Diffusion: say what goes where in a picture. The host-independent library."""

__version__ = "0.1.0"
