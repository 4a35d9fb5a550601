"""The command line: `regiondiff render | panorama | serve | check | overlay | info | schema | demo`."""

from __future__ import annotations

import json
import os
import sys
import traceback
import warnings
from pathlib import Path
from typing import Any

import click

from lib_regiondiff import __version__, demo
from lib_regiondiff.command.drawing import MAX_SEED, choose_places, describe_costs, draw, find_usual_native
from lib_regiondiff.command.exit_codes import judge_error
from lib_regiondiff.command.loading_options import add_loading_options
from lib_regiondiff.command.printing import escape, tell, tell_all, tell_problems
from lib_regiondiff.command.reading import read
from lib_regiondiff.command.serve import serve
from lib_regiondiff.document import changes, png
from lib_regiondiff.document.palette import Palette, make_schema
from lib_regiondiff.errors import HostError
from lib_regiondiff.files import expect_room, write_whole
from lib_regiondiff.geometry import Size
from lib_regiondiff.hosts.renderer import INSTALL, describe_machine, find_missing_packages, quieten
from lib_regiondiff.stopping import allow_cleanup

DTYPES = ("auto", "float32", "float16", "bfloat16")
SOURCE = click.Path(exists=True, dir_okay=False, allow_dash=True)
WIDE = Size(512, 2048)


class Door(click.Group):
    """The group of all commands: arguments are taken literally, and every failure ends with lines and an exit code."""

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run the command line without click's expansion of $, % and *, which on Windows would change prompts."""
        return super().main(*args, **{"windows_expand_args": False, **extra})

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; what it raises, unless it is click's own, becomes lines on stderr and an exit code."""
        try:
            with warnings.catch_warnings():
                if not sys.warnoptions:
                    warnings.simplefilter("ignore")
                return super().invoke(ctx)
        except click.ClickException as error:
            vars(error)["message"] = escape(error.message)  # declared final
            raise
        except (click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the last resort
            code, lines = judge_error(error)
            if os.environ.get("REGIONDIFF_DEBUG"):
                lines = [*traceback.format_exc().splitlines(), *lines]
            tell_problems(lines)
            ctx.exit(code)


@click.group(cls=Door, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="regiondiff")
def main() -> None:
    """Say what goes where in a picture that Stable Diffusion draws."""
    if not sys.stdout.isatty():
        getattr(sys.stdout, "reconfigure", lambda **_: None)(encoding="utf-8", errors="surrogateescape")


@main.command()
@click.argument("source", metavar="PALETTE_OR_PNG", type=SOURCE)
@click.option("-o", "--output", required=True, type=click.Path(dir_okay=False, path_type=Path), help="PNG to write.")
@click.option("--prompt", help="Prompt of the background.")
@click.option("--negative", help="Negative prompt of the background.")
@click.option("--width", type=int, help="Width in pixels.")
@click.option("--height", type=int, help="Height in pixels.")
@click.option("--seed", type=click.IntRange(0, MAX_SEED), multiple=True, help="Seed; several give several pictures.")
@click.option("--count", type=click.IntRange(1, 10000), help="Number of pictures, with consecutive seeds.")
@click.option("--batch", type=click.IntRange(1, 64), default=1, show_default=True, help="Pictures drawn together.")
@click.option("--steps", type=int, help="Steps of the sampler.")
@click.option("--sampler", help="Name of the sampler; `regiondiff info` lists them.")
@click.option("--guidance", type=float, help="Guidance scale; 1 is none.")
@click.option("--blend", help="average, mixture or auto.")
@click.option("--attention", help="none, couple or bias.")
@click.option("--quantization", help="none, discrete, semi-continuous or continuous.")
@click.option("--set", "sets", metavar="PATH=VALUE", multiple=True, help="Any value: brushes.tree.strength=0.5")
@click.option("--model", envvar="REGIONDIFF_MODEL", show_envvar=True, help="Folder, file, hub id or `demo`.")
@add_loading_options
@click.option("--trust", is_flag=True, help="Let the palette name model, LoRAs and VAE itself.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:0 or mps.")
@click.option("--dtype", default="auto", show_default=True, type=click.Choice(DTYPES))
@click.option("--force", is_flag=True, help="Overwrite files.")
@click.option("--progress/--no-progress", default=None, help="Show a bar; by default on a terminal.")
def render(source: str, output: Path, **options: Any) -> None:
    """Draw the picture of a palette or of a PNG.

    Options change the palette. With several seeds the files are called like out-SEED.png. Their paths are printed.
    """
    draw(*read(source), output, options)


@main.command(params=[each for each in render.params if each.name not in ("source", "prompt")])
@click.argument("prompt", required=False)
@click.option("--palette", "source", type=SOURCE, metavar="PALETTE_OR_PNG", help="Brushes and all that options leave.")
@click.option("--wrap", is_flag=True, help="Let the left and right border continue each other.")
def panorama(prompt: str | None, source: str | None, wrap: bool, output: Path, **options: Any) -> None:
    """Draw a wide picture in tiles.

    It is 2048x512 if nothing else is said, the tiles have the model's native size. Options are those of `render`.
    """
    if not prompt and not source:
        raise click.UsageError("expected a PROMPT or --palette")
    palette = read(source)[0] if source else Palette(size=WIDE)
    draw(palette, None, output, options | {"prompt": prompt}, changes.make_tile_changes(palette, wrap))


main.add_command(serve)


@main.command()
@click.argument("source", metavar="PALETTE_OR_PNG", type=SOURCE)
@click.pass_context
def check(ctx: click.Context, source: str) -> None:
    """Tell what is wrong with a palette.

    Where nothing is: who gets how much of the canvas, what looks like a mistake, and what it costs. Ends with 2 if it
    is no palette, with 1 if `render` cannot draw it.
    """
    palette, _ = read(source)
    from lib_regiondiff.authoring.room import Drawing  # these need cv2
    from lib_regiondiff.authoring.summary import find_refusals, summarise

    for line in summarise(palette, Drawing(find_usual_native(palette))):
        tell(line)
    if any(find_refusals(palette)):
        ctx.exit(1)
    try:
        lines = describe_costs(palette)
    except HostError as error:
        tell(f"error: {error}")
        ctx.exit(1)
    for line in lines:
        tell(line)


@main.command()
@click.argument("source", metavar="PALETTE_OR_PNG", type=SOURCE)
@click.option("-o", "--output", required=True, type=click.Path(dir_okay=False, path_type=Path), help="PNG to write.")
@click.option("--force", is_flag=True, help="Overwrite a file.")
def overlay(source: str, output: Path, force: bool) -> None:
    """Show where the brushes of a palette are.

    Their colours, outlines and names are drawn, over the picture if the palette comes from one.
    """
    palette, made = read(source)
    place = choose_places(output, [0], force)[0]
    with allow_cleanup():
        expect_room(output, 0)
    from lib_regiondiff.authoring.overlay import overlay as drawn  # it needs cv2

    shown = drawn(palette, png.read_pixels(Path(source), palette) if made else None)
    with allow_cleanup(), write_whole(place) as file:
        shown.save(file, format="PNG")
    tell(place)


@main.command()
def schema() -> None:
    """Print the palette format as JSON schema."""
    tell_all(json.dumps(make_schema(), indent=2, ensure_ascii=False))


@main.command()
@click.argument("source", metavar="[PALETTE_OR_PNG]", required=False, type=SOURCE)
@click.option("--full", is_flag=True, help="Print pictures inside the palette in full length.")
def info(source: str | None, full: bool) -> None:
    """Print what a picture was made from.

    Without a picture or palette: versions, devices and samplers.
    """
    if source is None:
        for line in describe_machine():
            tell(line)
        return
    palette, made = read(source)
    tell_all(png.format_document(palette, made, full))


@main.group("demo")
def demo_group() -> None:
    """The small model inside and its palettes.

    `regiondiff render PALETTE --model demo` draws with it.
    """


@demo_group.command("palette")
@click.argument("name", type=click.Choice(list(demo.list_palettes())), required=False, default="land")
def demo_palette(name: str) -> None:
    """Print one of the palettes."""
    tell_all(demo.list_palettes()[name].read_text(encoding="utf-8"))


@demo_group.command("export")
@click.option("--webui", required=True, type=click.Path(file_okay=False, path_type=Path), help="The WebUI's folder.")
@click.option("--force", is_flag=True, help="Overwrite files.")
def demo_export(webui: Path, force: bool) -> None:
    """Put the model where a WebUI finds it.

    Its LCM LoRA too; the places are printed.
    """
    if find_missing_packages():
        raise HostError("demo export", f"the package {find_missing_packages()[0]}", "nothing", INSTALL)
    quieten()
    from lib_regiondiff.hosts.diffusers.checkpoints.export import ExportedModel, export

    with allow_cleanup():
        for path in export(ExportedModel(demo.make_checkpoint(), demo.LORA, demo.FORGE_EXTENSION), webui, force):
            tell(path)
