"""The command line's server: `regiondiff serve` loads a model and shows the page on which people paint."""

from __future__ import annotations

import contextlib
import importlib.util
import webbrowser
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import click

from lib_regiondiff import demo
from lib_regiondiff.command.printing import tell
from lib_regiondiff.document.palette import SEED, Bootstrap, Lora, Model, Palette
from lib_regiondiff.errors import HostError
from lib_regiondiff.geometry import Size
from lib_regiondiff.hosts.accelerators import follow_proposal
from lib_regiondiff.hosts.renderer import Renderer, load_renderer

PORT = 7870
NEEDED = ("starlette", "uvicorn", "websockets")
INSTALL = "pip install " + " ".join(NEEDED)
DEMO_SIZE = Size(256, 384)
DEMO_STEPS = 5
DTYPES = ("auto", "float32", "float16", "bfloat16")
SIDE = click.IntRange(64, 16384)


@click.command()
@click.option("--model", envvar="REGIONDIFF_MODEL", default=demo.NAME, show_default=True, show_envvar=True,
              help="Folder, file, hub id or `demo`.")  # fmt: skip
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:0 or mps.")
@click.option("--dtype", default="auto", show_default=True, type=click.Choice(DTYPES))
@click.option("--height", type=SIDE, help="Height in pixels of an empty page's picture.")
@click.option("--width", type=SIDE, help="Width in pixels of an empty page's picture.")
@click.option("--seed", type=click.IntRange(0, int(SEED.high)), help="Seed of an empty page; random if not given.")
@click.option("--bootstrap_steps", "--bootstrap-steps", type=click.IntRange(0, 1000),
              help="First levels that keep brushes apart; chosen if not given.")  # fmt: skip
@click.option("--port", type=click.IntRange(0, 65535), default=PORT, show_default=True, help="0 takes a free one.")
@click.option("--listen", is_flag=True, help="Let other machines in; needs --auth or --open.")
@click.option("--auth", envvar="REGIONDIFF_AUTH", show_envvar=True, metavar="USER:PASSWORD", help="Ask for these.")
@click.option("--open", "opened", is_flag=True, help="With --listen: let everybody in without a password.")
@click.option("--open-browser", is_flag=True, help="Open the page in a browser.")
def serve(**options: Any) -> None:
    """Show a page to paint on.

    You paint meanings and get pictures, by the small model inside unless --model names another. Only this machine can
    open the page unless you say --listen. Ctrl-C ends it.
    """
    credentials = read_credentials(options)
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise HostError("serve", f"the package {missing[0]}", "nothing", INSTALL)
    from lib_regiondiff.server import running  # it needs what was looked for

    with contextlib.closing(running.take_port(options["listen"], options["port"])) as taken:
        tell(f"loading {options['model']} ...", err=True)
        app, desk = _make_app(options, credentials, *load_first(options))

        def ready() -> None:
            addresses = running.list_addresses(taken, options["listen"])
            for line in describe_reach(options, addresses):
                tell(line)
            if options["open_browser"]:
                webbrowser.open(addresses[0])

        running.run(app, desk, taken, ready)


def read_credentials(options: Mapping[str, Any]) -> tuple[str, str] | None:
    """User and password of --auth; click.UsageError where they are malformed, or --listen lacks them and --open."""
    if options["auth"]:
        user, colon, password = options["auth"].partition(":")
        if not (user and colon and password):
            raise click.UsageError("--auth: expected USER:PASSWORD")
        if options["opened"]:
            raise click.UsageError("--open and --auth contradict each other; give one of them")
        return user, password
    if options["listen"] and not options["opened"]:
        raise click.UsageError("--listen lets other machines in: give --auth USER:PASSWORD, or --open if all may come")
    if options["opened"] and not options["listen"]:
        raise click.UsageError("--open goes with --listen (--open-browser opens the page)")
    return None


def describe_reach(options: Mapping[str, Any], addresses: list[str]) -> list[str]:
    """What is printed once the server answers: its addresses, and who may open them."""
    lines = [f"Region Diffusion is at {addresses[0]} (Ctrl-C ends it)"]
    lines += [f"from other machines: {address}" for address in addresses[1:]]
    if options["opened"]:
        lines.append("WARNING: everybody who reaches this machine can draw on it; --auth USER:PASSWORD asks who comes")
    if options["listen"] and options["auth"]:
        lines.append("note: without TLS others on the way can read the password; put a proxy with https before it")
    return lines


def load_first(options: Mapping[str, Any]) -> tuple[Palette, Renderer]:
    """The palette of an empty page, and the model for it; HostError where it cannot be loaded."""
    name = options["model"]
    is_demo = name == demo.NAME
    loras = (Lora(name="demo-lcm"),) if is_demo else ()
    first = Palette(model=Model(name=name, loras=loras), seed=options["seed"])
    renderer = load_renderer(first, name, options["device"], options["dtype"])
    if renderer.proposals:
        first = follow_proposal(first, renderer.proposals)
    if options["bootstrap_steps"] is not None:
        first = replace(first, bootstrap=Bootstrap(levels=options["bootstrap_steps"]))
    usual = DEMO_SIZE if is_demo else Size(renderer.native, renderer.native)
    size = Size(options["height"] or usual.height, options["width"] or usual.width)
    return replace(first, size=size, steps=DEMO_STEPS if is_demo else first.steps), renderer


def _make_app(
    options: Mapping[str, Any], credentials: tuple[str, str] | None, first: Palette, renderer: Renderer
) -> tuple[Any, Any]:
    """The application, and the desk whose thread draws."""
    from lib_regiondiff.server.checking import Checker
    from lib_regiondiff.server.desk import Desk
    from lib_regiondiff.server.guard import Guard
    from lib_regiondiff.server.models import Models
    from lib_regiondiff.server.modules import Modules, find_folder
    from lib_regiondiff.server.router import Service, make_router
    from lib_regiondiff.server.starting import Start

    name = options["model"]

    def load(palette: Palette) -> Renderer:
        return load_renderer(palette, name, options["device"], options["dtype"])

    models = Models(name, load, frozenset(demo.PARTS if name == demo.NAME else ()))
    models.hold(first, renderer)
    reach = "loopback" if not options["listen"] else "any" if credentials else "local"
    desk = Desk(models)
    service = Service(
        Guard(credentials=credentials, reach=reach),
        Modules(find_folder()),
        Start(name, renderer, first),
        Checker(models, renderer),
        desk,
    )
    return make_router(service), desk
