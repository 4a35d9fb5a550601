"""What the second world calls its things, colours and backgrounds."""

from __future__ import annotations

from world_captions import Names, Words

from lib_regiondiff.demo.emoji import OBJECTS

SYNONYMS: Names = {
    "mushroom": ("mushroom", "toadstool"),
    "clover": ("clover", "shamrock"),
    "rabbit": ("rabbit", "bunny"),
    "ladybug": ("ladybug", "ladybird"),
    "burger": ("burger", "hamburger"),
    "ice cream": ("ice cream", "ice cream cone"),
    "donut": ("donut", "doughnut"),
    "train": ("train", "steam engine"),
    "airplane": ("airplane", "plane"),
    "trophy": ("trophy", "cup"),
    "clock": ("clock", "alarm clock"),
    "gift": ("gift", "present"),
}
WORDS = Words(
    {name: SYNONYMS.get(name, (name,)) for name in OBJECTS},
    {"purple": ("purple", "violet"), "pink": ("pink", "rose")},
    {
        "wood": ("wood", "wooden planks", "a wooden table", "brown planks"),
        "water": ("water", "rippling water", "a pool", "shallow water"),
        "clouds": ("clouds", "a cloudy sky", "grey clouds", "white clouds"),
        "bokeh": ("bokeh", "blurred lights", "city lights", "bokeh lights"),
        "paper": ("paper", "lined paper", "ruled paper", "a page"),
        "lava": ("lava", "glowing lava", "molten rock", "hot lava"),
        "leaves": ("leaves", "green leaves", "a hedge", "foliage"),
        "stone": ("stone", "cobblestones", "a stone floor", "grey stones"),
        "gradient": ("a {c} gradient", "a {c} background", "plain {c}", "{c}"),
        "tiles": ("{c} tiles", "a {c} tiled wall", "{c} bathroom tiles", "a {c} tiled floor"),
    },
)
PROMPTS: tuple[str, ...] = (
    "a red apple on wood",
    "a blue whale on water",
    "a white ghost on bokeh",
    "a purple dragon on stone",
    "a green dinosaur on a yellow gradient",
    "an orange fox on leaves",
    "lava",
    "a pink castle on clouds",
    "blue tiles",
    "a yellow rocket on a purple background",
    "an orange crab on paper",
    "a white skull on lava",
)
