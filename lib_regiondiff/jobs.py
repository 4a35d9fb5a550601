"""A WebUI's jobs: the two arguments of the script become a palette, and each run of the sampler draws it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn

from torch import Tensor

from lib_regiondiff import crop, hosts, noise, requests
from lib_regiondiff.errors import HostError, PaletteError, RegionDiffError
from lib_regiondiff.formats import infotext
from lib_regiondiff.geometry import Size
from lib_regiondiff.hosts.run import Request
from lib_regiondiff.palette import Palette, dumps
from lib_regiondiff.plan import refuse
from lib_regiondiff.requests import Document, Words

TITLE = "Region Diffusion"
KEY = "Region Diffusion"
CELL = 8
TILING = ("SD upscale",)
"""Scripts that run jobs on tiles without saying where the tiles lie."""


class RequestError(RegionDiffError):
    """What is wrong with a request, in the form that the hosts' API handlers turn into HTTP 422."""

    def __init__(self, error: RegionDiffError) -> None:
        problems = error.problems if isinstance(error, PaletteError) else ()
        self.status_code = 422
        self.detail = [str(problem) for problem in problems] or [str(error)]
        super().__init__(str(error))


@dataclass(frozen=True)
class Ready:
    """A document that waits for the sampler, and the files that its pictures' infotexts name."""

    document: Document
    sidecars: Mapping[str, str]
    noise: Tensor | None = None
    """What the last change of noise made: Forge calls twice before a second pass, with the same tensor."""


def begin(p: Any, enabled: Any, given: Any) -> None:
    """At the start of a job: read the palette, or have the job end with what is wrong with it."""
    p.extra_generation_params.pop(KEY, None)
    p.regiondiff = None
    if not is_on(enabled):
        return
    try:
        _expect_whole_pictures(p)
        document = requests.read(given)
        palettes = [requests.resolved(document, _words(p, image)) for image in range(len(p.all_prompts))]
        refuse(palettes[0])
    except RegionDiffError as error:
        p.init = _raiser(RequestError(error))  # hosts swallow what scripts raise, but call this themselves
        return
    values, files = zip(*map(infotext.sidecar, palettes), strict=True)
    known = {value: content for value, content in zip(values, files, strict=True) if content is not None}
    p.regiondiff = Ready(document, known)
    p.extra_generation_params[KEY] = values[0] if len(set(values)) == 1 else list(values)
    _activate(p, document)


def is_on(enabled: Any) -> bool:
    """Whether the first argument says so; the API passes what it was given."""
    return enabled.strip().lower() in ("true", "1", "on") if isinstance(enabled, str) else bool(enabled)


def _expect_whole_pictures(p: Any) -> None:
    """Refuse scripts whose jobs are parts of a picture that nobody can place."""
    chosen = p.script_args[0] if getattr(p, "script_args", None) else 0
    scripts = getattr(getattr(p, "scripts", None), "selectable_scripts", [])
    if isinstance(chosen, int) and not isinstance(chosen, bool) and 0 < chosen <= len(scripts):
        title = scripts[chosen - 1].title()
        if title in TILING:
            raise HostError("the script", "none, or one that draws whole pictures", title, "turn one of the two off")


def _words(p: Any, image: int, stripped: bool = False) -> Words:
    """The main prompt and negative of an image of the whole job; `stripped` of the batch that is drawn now."""
    if stripped and getattr(p, "is_hr_pass", False):
        prompt, negative = p.hr_prompts[image], p.hr_negative_prompts[image]
    elif stripped:
        prompt, negative = p.prompts[image], p.negative_prompts[image]
    else:
        prompt, negative = p.all_prompts[image], p.all_negative_prompts[image]
    raw = (p.prompt, p.negative_prompt) if getattr(p, "styles", None) and isinstance(p.prompt, str) else None
    seed = int((p.seeds if stripped else p.all_seeds)[image])
    return Words(prompt, negative, raw or (prompt, negative), seed, _styled(p), requests.wildcards(_data_path()))


def _styled(p: Any) -> Callable[[str, bool], str]:
    """The styles of a job for a text: the host's own function, where styles are chosen."""
    styles = getattr(p, "styles", None) or []
    if not styles:
        return lambda text, negative: text
    known = hosts.module("shared").prompt_styles

    def apply(text: str, negative: bool) -> str:
        how = known.apply_negative_styles_to_prompt if negative else known.apply_styles_to_prompt
        return how(text, styles)

    return apply


def _data_path() -> Path:
    return Path(hosts.module("paths").data_path)


def _activate(p: Any, document: Document) -> None:
    """Name the extra networks of brush prompts in the main prompts, for the host loads them for whole pictures."""
    for name in ("all_prompts", "all_hr_prompts"):
        prompts = getattr(p, name, None)
        if prompts:
            found = [requests.networks(document, _words(p, image)) for image in range(len(p.all_prompts))]
            missing = [[tag for tag in tags if tag not in prompt] for tags, prompt in zip(found, prompts, strict=False)]
            prompts[:] = [prompt + "".join(tags) for prompt, tags in zip(prompts, missing, strict=False)]


def sample(p: Any, x: Tensor, start: Tensor | None) -> None:
    """Before a run of the sampler: other noise where it is asked for, and the palette around the denoiser.

    `start` is the unit noise of the run, `x` what it is mixed into, or the noise itself in txt2img.
    """
    ready = getattr(p, "regiondiff", None)
    if ready is None:
        return
    try:
        unit = x if start is None else start
        size = Size(unit.shape[-2], unit.shape[-1]).pixels(CELL)
        words = [_words(p, image, stripped=True) for image in range(len(p.prompts))]
        palettes = [requests.palette_of(ready.document, each) for each in words]
        palette = _seen(p, palettes[0], size)
        if noise.operations(palette) and not _equal(ready.noise, unit):
            unit.copy_(noise.apply(unit, palette, size, CELL))
            p.regiondiff = replace(ready, noise=unit.clone())
        texts = tuple(requests.texts(each, spoken) for each, spoken in zip(palettes, words, strict=True))
        hosts.current().install(p, Request(palette, texts), unit)
    except Exception as error:  # noqa: BLE001 - hosts would log it and draw a picture without regions
        p.sampler.model_wrap_cfg.forward = _raiser(error)


def _equal(a: Tensor | None, b: Tensor) -> bool:
    return a is not None and a.shape == b.shape and bool((a == b).all())


def _seen(p: Any, palette: Palette, size: Size) -> Palette:
    """The palette as this job sees it: of inpainting that draws a part of a picture only, that part."""
    place = getattr(p, "paste_to", None)
    if place is None:
        return palette
    left, top, width, height = map(int, place)
    image = p.init_images[0]
    return crop.cropped(palette, Size(image.height, image.width), (left, top, left + width, top + height), size)


def save_beside(p: Any, picture: str) -> None:
    """Beside a saved picture, write the palettes that are too long for its infotext."""
    ready = getattr(p, "regiondiff", None)
    for name, content in ready.sidecars.items() if ready else ():
        Path(picture).with_name(name).write_bytes(content.encode())


def _raiser(error: Exception) -> Callable[..., NoReturn]:
    def fail(*given: Any, **named: Any) -> NoReturn:
        raise error

    return fail


def is_in(parameters: Mapping[str, Any]) -> bool:
    """Whether a picture's parameters hold a palette."""
    return KEY in parameters


def palette_in(parameters: Mapping[str, Any]) -> str | None:
    """The palette of a picture's parameters as JSON text, the value itself where it can't be read.

    None where there is none: then the text that is there stays.
    """
    if KEY not in parameters:
        return None
    value = str(parameters[KEY])
    try:
        return dumps(infotext.read(value, requests.folder_of(value, _outputs())))
    except PaletteError:
        return value


def _outputs() -> list[Path]:
    """Where the WebUI saves pictures."""
    options = hosts.module("shared").opts
    names = ("outdir_samples", "outdir_txt2img_samples", "outdir_img2img_samples", "outdir_save")
    return [Path(folder) for name in names if (folder := getattr(options, name, ""))]
