"""The WebUIs that may run us: which one this is, told by what it has, and where it keeps what we need of it."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ADAPTERS = "lib_regiondiff.hosts.webui"


@dataclass(frozen=True)
class Address:
    """Where a program keeps something: a module, and the names that lead on from there."""

    module: str
    names: tuple[str, ...] = ()

    def find(self) -> Any:
        """What lies at this address; None where the program has no such module, or no such name in it."""
        if not self._can_be_imported():
            return None
        found: Any = importlib.import_module(self.module)
        for name in self.names:
            found = getattr(found, name, None)
        return found

    def _can_be_imported(self) -> bool:
        parts = self.module.split(".")
        packages = (".".join(parts[:count]) for count in range(1, len(parts) + 1))
        return sys.modules.get(self.module) is not None or all(map(importlib.util.find_spec, packages))


def _find(address: Address | None) -> Any:
    """What lies at an address; None for a program that has no such thing."""
    return None if address is None else address.find()


@dataclass(frozen=True)
class Program:
    """One kind of WebUI: which adapter draws in it, and where it keeps things; None for what it does not have."""

    adapter: str
    """The module of `hosts.webui` whose `install` puts a palette into its sampler."""
    notes: Address
    """A dict of what its text encoders note for infotexts."""
    schedule_options: tuple[str, ...] = ("use_old_scheduling",)
    """The options that its prompt parser is given after numbers of steps, in its order; some programs lack some."""
    marks: tuple[Address, ...] = ()
    """What this program has and all those after it in PROGRAMS lack."""
    condition: Address | None = None
    """The class of conditions that its network is handed unchanged."""
    network_arguments: Address | None = None
    """What its networks are told besides a call, such as the pictures that editing models see."""
    loading: Address | None = None
    """A function of the UNet and x which brings networks back that have made room for the VAE."""
    free_memory: Address | None = None
    """A function from a device to the bytes that the program calls free; without one PyTorch is asked."""
    prompt_lengths: Address | None = None
    """A function from a text to its tokens and the room for them; the engines of later programs have it themselves."""
    interrogator: Address | None = None
    """What describes pictures."""

    def load_adapter(self) -> Any:
        """The module that draws in this program; its `install` puts a palette into a sampler."""
        return importlib.import_module(f"{ADAPTERS}.{self.adapter}")

    def find_notes(self) -> dict[str, Any]:
        """The dict of what text encoders have noted, to be read and changed; an empty new one where there is none."""
        found = self.notes.find()
        return found if isinstance(found, dict) else {}

    def read_schedule_options(self, options: Any) -> tuple[Any, ...]:
        """The values of those options that the prompt parser takes and the program has, in the parser's order."""
        return tuple(getattr(options, name) for name in self.schedule_options if hasattr(options, name))

    def find_condition(self) -> Any:
        """The class of conditions that the network is handed unchanged; None for a program without one."""
        return _find(self.condition)

    def find_network_arguments(self) -> Any:
        """What networks are told besides a call; None for a program that tells them nothing."""
        return _find(self.network_arguments)

    def find_free_memory(self) -> Any:
        """The function that counts a device's free bytes; None for a program that has none."""
        return _find(self.free_memory)

    def find_loading(self) -> Any:
        """The function (UNet, x) that brings networks back to where they sample; None for a program that needs none."""
        return _find(self.loading)

    def find_prompt_lengths(self, model: Any) -> Any:
        """The function that counts a text's tokens for the loaded model; None where there is none."""
        return getattr(model, "get_prompt_lengths_on_ui", None) or _find(self.prompt_lengths)

    def find_interrogator(self) -> Any:
        """What describes pictures; None for a program without it."""
        return _find(self.interrogator)


LATER_CONDITION = Address("backend.sampling.condition", ("Condition",))
EARLIER_CONDITION = Address("ldm_patched.modules.conds", ("CONDRegular",))
NEO_NOTES = Address("backend.args", ("dynamic_args", "last_extra_generation_params"))
FORGE_NOTES = Address("backend.text_processing.classic_engine", ("last_extra_generation_params",))
HIJACK_NOTES = Address("modules.sd_hijack", ("model_hijack", "extra_generation_params"))
HIJACK_LENGTHS = Address("modules.sd_hijack", ("model_hijack", "get_prompt_lengths"))
NETWORK_ARGUMENTS = Address("backend.args", ("dynamic_args",))
LOADING = Address("backend.sampling.sampling_function", ("sampling_prepare",))
FREE_MEMORY = Address("backend.memory_management", ("get_free_memory",))
INTERROGATOR = Address("modules.shared", ("interrogator",))

PROGRAMS: Mapping[str, Program] = {
    "Forge Neo": Program(
        "forge",
        NEO_NOTES,
        schedule_options=(),
        marks=(LATER_CONDITION, NEO_NOTES),
        condition=LATER_CONDITION,
        network_arguments=NETWORK_ARGUMENTS,
        loading=LOADING,
        free_memory=FREE_MEMORY,
    ),
    "Forge": Program(
        "forge",
        FORGE_NOTES,
        marks=(LATER_CONDITION,),
        condition=LATER_CONDITION,
        network_arguments=NETWORK_ARGUMENTS,
        loading=LOADING,
        free_memory=FREE_MEMORY,
        interrogator=INTERROGATOR,
    ),
    "Forge, the earlier layout": Program(
        "forge",
        HIJACK_NOTES,
        marks=(EARLIER_CONDITION,),
        condition=EARLIER_CONDITION,
        prompt_lengths=HIJACK_LENGTHS,
        interrogator=INTERROGATOR,
    ),
    "AUTOMATIC1111": Program("a1111", HIJACK_NOTES, prompt_lengths=HIJACK_LENGTHS, interrogator=INTERROGATOR),
}
"""All programs, those with more marks first; the last has none, so that it stands for whatever is not a Forge."""


def find_program() -> Program:
    """The program that runs us: the first in PROGRAMS all of whose marks are there."""
    return next(each for each in PROGRAMS.values() if all(mark.find() is not None for mark in each.marks))
