"""diffusers: Region Diffusion without a WebUI. A model and a palette come in; pictures go out, by a loop of our own."""

from lib_regiondiff.hosts.diffusers.additions.additions import Extras
from lib_regiondiff.hosts.diffusers.additions.lora import LoraFile
from lib_regiondiff.hosts.diffusers.host import DiffusersHost, load_model
from lib_regiondiff.hosts.diffusers.placement import MemoryLimits
from lib_regiondiff.hosts.diffusers.render import Render, render, renders
from lib_regiondiff.hosts.diffusers.step import Step
from lib_regiondiff.hosts.diffusers.text.textual_inversion import Book

__all__ = [
    "Book", "DiffusersHost", "Extras", "LoraFile", "MemoryLimits", "Render", "Step", "load_model", "render", "renders",
]  # fmt: skip
