"""The diffusers host: Region Diffusion without a WebUI, with a sampling loop of its own."""

from lib_regiondiff.hosts.diffusers.additions.additions import Extras
from lib_regiondiff.hosts.diffusers.additions.lora import LoraFile
from lib_regiondiff.hosts.diffusers.host import DiffusersHost
from lib_regiondiff.hosts.diffusers.placement import Room
from lib_regiondiff.hosts.diffusers.render import Render, render, renders
from lib_regiondiff.hosts.diffusers.step import Step
from lib_regiondiff.hosts.diffusers.text.textual_inversion import Book

load = DiffusersHost.load

__all__ = ["Book", "DiffusersHost", "Extras", "LoraFile", "Render", "Room", "Step", "load", "render", "renders"]
