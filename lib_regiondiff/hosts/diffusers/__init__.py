"""The diffusers host: Region Diffusion without a WebUI, with a sampling loop of its own."""

from lib_regiondiff.hosts.diffusers.embeddings import Book
from lib_regiondiff.hosts.diffusers.extras import Extras
from lib_regiondiff.hosts.diffusers.host import DiffusersHost
from lib_regiondiff.hosts.diffusers.lora import LoraFile
from lib_regiondiff.hosts.diffusers.render import Render, render, renders
from lib_regiondiff.hosts.diffusers.room import Room
from lib_regiondiff.hosts.diffusers.step import Step

load = DiffusersHost.load

__all__ = ["Book", "DiffusersHost", "Extras", "LoraFile", "Render", "Room", "Step", "load", "render", "renders"]
