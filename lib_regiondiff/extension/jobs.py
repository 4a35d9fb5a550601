"""A WebUI's jobs: the two arguments of the script become a palette, and each run of the sampler draws it."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NoReturn

from torch import Tensor

from lib_regiondiff import __version__
from lib_regiondiff.authoring import doubts
from lib_regiondiff.denoising.pixels.composite import restore_uncovered
from lib_regiondiff.document.palette import Background, Brush, Palette
from lib_regiondiff.errors import HostError
from lib_regiondiff.extension import drawn
from lib_regiondiff.extension.captioning import caption_document
from lib_regiondiff.extension.job_prompts import Given, find_words, make_draw
from lib_regiondiff.extension.reuse import KEY
from lib_regiondiff.formats import infotext
from lib_regiondiff.geometry import Size
from lib_regiondiff.hosts.webui import families, references
from lib_regiondiff.hosts.webui.frames import drop_frame_axis
from lib_regiondiff.hosts.webui.modules import module
from lib_regiondiff.hosts.webui.program import dynamic_prompts, notices, parent_job, rivals, settings
from lib_regiondiff.hosts.webui.program.gates import arm, find_gates, hook, is_on, release, watch
from lib_regiondiff.hosts.webui.programs import find_program
from lib_regiondiff.hosts.webui.sampler_run import Request
from lib_regiondiff.hosts.webui.typed import Processing
from lib_regiondiff.planning import crop, noise, prompts
from lib_regiondiff.planning.prompts import Document
from lib_regiondiff.planning.refusals import refuse
from lib_regiondiff.store import Store

TITLE = "Region Diffusion"
VERSION_KEY = "Region Diffusion version"


@dataclass(frozen=True)
class Ready:
    """A document that waits for the sampler, the job's place in a larger picture, and the files that infotexts name."""

    document: Document
    user_settings: settings.Settings
    place: parent_job.PartPlace | None = None
    given: Given | None = None
    """The main prompt and negative before styles, where somebody noted them."""
    sidecars: Mapping[str, str] = field(default_factory=dict)
    noise: Tensor | None = None
    """The noise as it was last changed: Forge calls twice before a second pass, with the same tensor."""
    store: Store = field(default_factory=Store, repr=False, compare=False)


def note_prompts(p: Any, enabled: Any = True) -> None:
    """Before other scripts act on job `p`: note the main prompts as they were given, without styles.

    From here on the program's own calls end a job that has regions, unless each hook does its work.
    """
    release(p)
    if has_regions(p, enabled):
        arm(p)
        _note(p)


@hook("before_process")
def _note(p: Any) -> None:
    p.regiondiff_given = (p.prompt, p.negative_prompt) if isinstance(p.prompt, str) else None


def has_regions(p: Processing, enabled: Any) -> bool:
    """Whether a job is to have regions: it asks for them, and it is no pass of ADetailer's own."""
    return is_on(enabled) and not parent_job.is_detail(p)


def begin(p: Any, enabled: Any, given: Any) -> None:
    """At the start of job `p`: read the palette `given`, or have the job end with what is wrong with it."""
    gates = find_gates(p)
    if has_regions(p, enabled):
        if gates is None or gates.done - {"before_process"}:
            arm(p)
    else:
        release(p)
    for key in (KEY, VERSION_KEY, drawn.METHOD_KEY, drawn.AUTO_KEY, drawn.SECOND_KEY, notices.KEY):
        p.extra_generation_params.pop(key, None)
    p.regiondiff, p.regiondiff_drawn = None, None
    if has_regions(p, enabled):
        _begin(p, given)


@hook("process")
def _begin(p: Any, given: Any) -> None:
    noted = vars(p).pop("regiondiff_given", None)
    rivals.refuse(p)
    families.refuse(p.sd_model, getattr(p, "batch_size", 1))
    place, wanted = parent_job.find_place(p), settings.read_settings()
    document = prompts.adapt(prompts.read(given), getattr(p, "regiondiff_axes", ()), wanted.blend)
    document = caption_document(p, document) if wanted.caption else document
    ready = Ready(document, wanted, place, noted)
    if document.typed is not None and getattr(p, "styles", None) and noted is None:
        raise HostError("the prompt", "a text that was noted before styles were added", "none", "see the console")
    if document.typed is None or not dynamic_prompts.is_available():  # which may not have drawn the main prompt yet
        refuse(_resolve_palettes(p, ready)[0], "webui")
    p.regiondiff = ready


@hook("before_process_batch")
def begin_batch(p: Any) -> None:
    """Before a batch, with prompts and seeds settled: write infotexts, and have the brushes' extra networks loaded."""
    ready = getattr(p, "regiondiff", None)
    if ready is None or p.iteration > 0:
        return
    references.remember_edited(p)
    palettes = _resolve_palettes(p, ready)
    longest = sys.maxsize if _stays_png(p) else ready.user_settings.longest
    values, files = zip(*(infotext.make_value(palette, longest) for palette in palettes), strict=True)
    known = {value: content for value, content in zip(values, files, strict=True) if content is not None}
    p.regiondiff = replace(ready, sidecars=known)
    p.extra_generation_params[KEY] = values[0] if len(set(values)) == 1 else list(values)
    p.extra_generation_params[VERSION_KEY] = __version__
    p.extra_generation_params[drawn.METHOD_KEY] = drawn.name_method(palettes[0])  # only words differ
    _activate(p, palettes)


def _stays_png(p: Processing) -> bool:
    """Whether the job's pictures are handed over as PNG, which holds any length, and not written to files.

    A file beside such a picture would never be.
    """
    options = module("shared").opts
    saved = options.samples_save and not p.do_not_save_samples
    return not saved and options.samples_format.lower() == "png"


def _resolve_palettes(p: Processing, ready: Ready) -> list[Palette]:
    """The palette of each image of the job."""
    draw = make_draw()
    words = (find_words(p, ready.given, image, draw) for image in range(len(p.all_prompts)))
    return [prompts.resolve(ready.document, each) for each in words]


def _activate(p: Processing, palettes: Sequence[Palette]) -> None:
    """Add the extra networks of brush prompts to the main prompts, as the host loads networks for whole pictures only.

    `prompts` of the job are those of the first batch, which the host has already taken out of all.
    """
    found = [prompts.list_networks(palette) for palette in palettes]
    for name in ("all_prompts", "all_hr_prompts", "prompts"):
        given = getattr(p, name, None) or []
        for image, (prompt, tags) in enumerate(zip(given, found, strict=False)):
            given[image] = prompt + "".join(tag for tag in tags if tag not in prompt)


def sample(p: Any, x: Tensor, start: Tensor | None) -> None:
    """Before a run of the sampler: change its noise where the palette asks for that, and wrap its denoiser.

    `start` is the unit noise of the run, `x` what it is mixed into, or the noise itself in txt2img.
    """
    _sample(p, x, start)
    gates = find_gates(p)
    if gates is not None and gates.error is not None:
        p.sampler.model_wrap_cfg.forward = _make_raiser(gates.error)  # before it draws what is not asked for


@hook("process_before_every_sampling")
def _sample(p: Any, x: Tensor, start: Tensor | None) -> None:
    ready = getattr(p, "regiondiff", None)
    if ready is None:
        return
    like = x if start is None else start
    unit = drop_frame_axis(like)
    cell = families.find_cell(p.sd_model)
    size = Size(unit.shape[-2], unit.shape[-1]).pixels(cell)
    draw = make_draw()
    words = [find_words(p, ready.given, image, draw, stripped=True) for image in range(len(p.prompts))]
    palettes = [prompts.resolve(ready.document, each) for each in words]
    _expect_one_shape(palettes)
    palette = _crop_to_job(p, ready.place, palettes[0], size)
    p.regiondiff_drawn = palette
    doubts.tell(p, doubts.DrawnPass(ready.document, palette, words[0], size), palette is palettes[0])
    if noise.list_operations(palette) and not _is_equal(ready.noise, unit):
        unit.copy_(noise.apply(unit, palette, size, cell, ready.store))
        p.regiondiff = replace(ready, noise=unit.clone())
    texts = tuple(prompts.find_texts(each, spoken) for each, spoken in zip(palettes, words, strict=True))
    note = functools.partial(drawn.note_choices, p)
    first = drawn.turn_pass(p)
    before = None if first is None or start is None else (drop_frame_axis(x).clone(), first)
    keep = functools.partial(drawn.keep_images, p)
    how = {"rows": ready.user_settings.rows, "note": note, "keep": keep, "before": before}
    request = Request(palette, texts, store=ready.store, **how)
    find_program().load_adapter().install(p, request, like)
    watch(p, functools.partial(drawn.settle, p))


@hook("postprocess_image")
def finish(p: Any, processed: Any) -> None:
    """When a picture is decoded: put the picture under the brushes back, pixel by pixel, where no brush covers it."""
    palette = getattr(p, "regiondiff_drawn", None)
    ready = getattr(p, "regiondiff", None)
    if ready is not None and palette is not None:
        image = drawn.paste(p, processed.image, palette, ready.store)
        processed.image = restore_uncovered(image, palette, ready.store)
    gates = find_gates(p)
    if gates is not None:
        gates.finished = getattr(p, "batch_index", None)


def _is_equal(a: Tensor | None, b: Tensor) -> bool:
    return a is not None and a.shape == b.shape and bool((a == b).all())


def _expect_one_shape(palettes: Sequence[Palette]) -> None:
    """Raise HostError where wildcards have given pictures of one batch regions in other places or numbers."""
    shapes = [
        replace(each, background=Background(), brushes=tuple(map(_remove_words, each.brushes))) for each in palettes
    ]
    if any(shape != shapes[0] for shape in shapes):
        got = ", ".join(str(len(each.brushes)) for each in palettes)
        raise HostError("the regions of a batch", "the same for each picture", f"{got} regions", "set batch size to 1")


def _remove_words(brush: Brush) -> Brush:
    return replace(brush, name="", prompt="", negative="")


def _crop_to_job(p: Any, place: parent_job.PartPlace | None, palette: Palette, size: Size) -> Palette:
    """The palette as this job sees it: cropped where the job draws a part of a picture."""
    pasted = getattr(p, "paste_to", None)
    pasted = pasted if pasted and p.inpaint_full_res and p.image_mask is not None else None  # may be of another job
    if pasted is None and place is None:
        return palette
    image = p.init_images[0]
    left, top, width, height = map(int, pasted or (0, 0, image.width, image.height))
    place = place or parent_job.PartPlace(Size(image.height, image.width), 0, 0)
    left, top = left + place.left, top + place.top
    return crop.crop_palette(palette, place.whole, (left, top, left + width, top + height), size)


@hook("on_before_image_saved")
def owe_beside(p: Any) -> None:
    """Before a picture is saved: if its infotext is too small for the palette, note that `save_beside` has work."""
    gates, ready = find_gates(p), getattr(p, "regiondiff", None)
    if gates is not None and ready and ready.sidecars:
        gates.owed += 1


@hook("on_image_saved")
def save_beside(p: Any, picture: str) -> None:
    """After a picture is saved: write palettes too long for its infotext beside it; failing that, the job ends."""
    ready = getattr(p, "regiondiff", None)
    for name, content in ready.sidecars.items() if ready else ():
        path = Path(picture).with_name(name)
        try:
            path.write_bytes(content.encode())
        except OSError as error:
            cure = "make room or give rights there: without this file the picture cannot give its palette back"
            raise HostError(str(path), "a file that can be written", str(error.strerror or error), cure) from error
    gates = find_gates(p)
    if gates is not None and ready and ready.sidecars:
        gates.owed -= 1


def _make_raiser(error: Exception) -> Callable[..., NoReturn]:
    def fail(*given: Any, **named: Any) -> NoReturn:
        raise error

    return fail
