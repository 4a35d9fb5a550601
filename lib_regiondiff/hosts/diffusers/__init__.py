"""The diffusers host: Region Diffusion without a WebUI, with a sampling loop of its own."""

from lib_regiondiff.hosts.diffusers.extras import Extras
from lib_regiondiff.hosts.diffusers.host import DiffusersHost
from lib_regiondiff.hosts.diffusers.lora import LoraFile
from lib_regiondiff.hosts.diffusers.render import Render, render, renders

__all__ = ["DiffusersHost", "Extras", "LoraFile", "Render", "render", "renders"]
