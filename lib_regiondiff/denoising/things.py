"""Things and scenes: what close-ups show is laid on the canvas, and kept for the next level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn.functional import interpolate

from lib_regiondiff.denoising.blend import average, fit, fit_view, lay_over
from lib_regiondiff.denoising.prediction import Prediction, make_error
from lib_regiondiff.denoising.rows import Asked, Frame
from lib_regiondiff.denoising.segment import cut_out
from lib_regiondiff.denoising.texture_memory import is_figure
from lib_regiondiff.denoising.thing_memory import Canvas, Kept, Key
from lib_regiondiff.geometry import Size
from lib_regiondiff.host import Denoiser
from lib_regiondiff.planning.plan import find_step
from lib_regiondiff.planning.things.candidates import FULL
from lib_regiondiff.planning.things.closeups import Closeup, list_fine
from lib_regiondiff.planning.views import View

ENLARGED = 1.25
"""How many times a close-up may enlarge the canvas before its pattern is one of a scale unknown to models."""
MOST = 0.9
"""How much of its noise a sampler carries on that draws nearly none anew; with others things were blurred."""
FAINT = 1e-4
"""Weight of cells inside a brush in the colours around it."""
SMOOTH = 5
"""Cells along a side over which what lies around a close-up gives it its colours."""


def is_above(view: View) -> bool:
    """Whether a view shows a thing, which lies above all others."""
    return view.zoom is not None and view.zoom.above


@dataclass(frozen=True, eq=False)
class CloseupLayer:
    """The close-ups of a frame at one level, given all answers of the network; `kept` fills as they are drawn."""

    host: Denoiser
    frame: Frame
    answers: Sequence[Tensor]
    kept: dict[Key, Kept] = field(default_factory=dict)

    def fit(self, view: View, drawn: Tensor) -> Tensor:
        """x0 [C, h, w] of a view in the size of its box: where it is final and shrinks, sharp, by way of pixels.

        An enlarged one would be a picture of any size to the VAE; what people see of it is pasted as pixels anyway.
        """
        sharp = view.zoom is not None and view.zoom.last and view.seen.size.area < drawn[0].numel()
        return fit_view(self.host.resize(drawn, view.seen.size) if sharp else drawn, view)

    def keep_scenes(self, asked: Sequence[Asked], drawn: Sequence[Tensor], canvas: Tensor) -> None:
        """Keep what scenes drew [C, h, w]; around them they go on from the blended canvas [C, H, W]."""
        for each, x0 in zip(asked, drawn, strict=True):
            if each.view.zoom is not None:
                self.kept[each.view.names, each.view.box] = self._keep(each, x0, canvas)

    def lay_things(self, below: Prediction, things: Sequence[tuple[Asked, Tensor]]) -> Prediction:
        """The prediction with things above it, from the lowest up: what was asked for each, and its guided x0.

        None of them sees the others around its brush, so that each stays as it is where they change places. What is
        kept of the pass before lies among them, unless it is drawn again at this level.
        """
        canvas, uncond = below.denoised.float(), below.uncond
        drawn = {(asked.view.names, asked.view.box): (asked, x0) for asked, x0 in things}
        kept = {(view.names, view.box): view for view in self.frame.plan.kept}
        for key in kept or drawn:
            if key not in drawn:
                canvas = self._lay_kept(canvas, kept[key])
                continue
            asked, x0 = drawn[key]
            if not torch.isfinite(x0).all():
                raise make_error(self.frame.level, [asked.view], [x0])
            found = self.kept[key] = self._keep(asked, x0, below.denoised)
            view = _leave_inner(asked.view) if found.whole and found.picture is not None else asked.view
            matte = found.measure_matte()  # what is pasted as pixels is not to be seen beside its mask
            canvas = lay_over(canvas, view, self.fit(view, x0), matte)
            if uncond is not None and asked.uncond is not None:
                uncond = lay_over(uncond, view, fit_view(self.answers[asked.uncond], view), matte)
        return Prediction(canvas.to(below.denoised.dtype), uncond, below.memory)

    def _lay_kept(self, canvas: Tensor, view: View) -> Tensor:
        """The canvas [C, H, W] with what the pass before has left of a view above it."""
        plan, key, memory = self.frame.plan, (view.names, view.box), self.frame.memory.things
        step = find_step(plan.clock, self.frame.level.noise)
        places = [each for each in plan.kept if each.names == view.names]
        found, before = memory.kept[view.names][places.index(view)], memory.before.get(key)
        if found.whole != (view.zoom is not None and view.zoom.whole):  # it is another image's that was drawn so
            return canvas
        if before is not None and before.size.area > found.size.area:  # it has become finer, and is over now
            found = before
        last = step == len(plan.clock) - 2
        if last:
            found = self._finish_kept(found)
        again, fine = view.zoom and view.zoom.next, list_fine(plan.clock, self.host.latent.prediction)
        grows = again is not None and not last and fine[step + 1] and not fine[step]
        self.kept[key] = replace(found, grown=self._grow(found.x0, again)) if grows and again else found
        drawn = self.fit(view, found.x0) if last and not found.whole else fit_view(found.shown, view)
        seen = _leave_inner(view) if last and found.whole else view  # as above
        return lay_over(canvas, seen, drawn.to(canvas), found.measure_matte())

    def _finish_kept(self, found: Kept) -> Kept:
        """What was kept of the pass before, with its picture, which that pass may have left in its latents."""
        picture = found.picture or self.host.decode(found.x0[None]).convert("RGB")
        if found.spread is not None:
            size = found.spread.pixels(self.host.latent.pixels_per_cell)
            picture = picture.resize((size.width, size.height), Image.Resampling.LANCZOS)
        return replace(found, picture=picture)

    def note(self, made: Prediction, below: Prediction, x: Tensor) -> Prediction:
        """The prediction with what its close-ups show in its memory, if there are or were any, given x [C, H, W]."""
        level, things = self.frame.level, self.frame.memory.things
        if not self.kept and things.canvas_before is None:
            return made
        unguided = None if made.uncond is None or below.uncond is None else (made.uncond, below.uncond)
        seen, drawn = (x.float(), things.hide(x.float(), level)), (made.denoised, below.denoised)
        canvas = Canvas.of(level, seen, drawn, unguided, things.canvas_before)
        memory = below.memory.note_things(canvas, self.kept)
        return Prediction(made.denoised, made.uncond, memory)

    def _keep(self, asked: Asked, drawn: Tensor, around: Tensor) -> Kept:
        """What is kept of a close-up that shows x0 `drawn` [C, h, w]; its rim goes on `around` [C, H, W]."""
        zoom, level, seen = asked.view.zoom, asked.head.level, asked.head.zoom
        assert zoom is not None and seen is not None
        x = level.beta * seen.noise + (0 if seen.x0 is None else level.alpha * seen.x0)
        noise = (x - level.alpha * drawn.float()) / level.beta
        x0 = self._join(asked.view, drawn, around)
        known = self.frame.memory.things.recall(asked.view)
        shares = None if known is None else known.shares
        kept = Kept(x0, noise, self._sum_difference(asked, known), zoom.whole, zoom.core, None, shares, zoom.begun)
        if zoom.next is not None:
            grown = self._join(asked.view, self._grow(drawn.float(), zoom.next), around)
            return replace(kept, grown=grown)
        return self._finish(kept, drawn, zoom) if zoom.last else kept

    def _join(self, view: View, drawn: Tensor, around: Tensor) -> Tensor:
        """What a view drew [C, h, w] where its brush is, and elsewhere what lies around it on the canvas [C, H, W]."""
        assert view.zoom is not None
        size, inside = Size(drawn.shape[-2], drawn.shape[-1]), view.zoom.inside
        rim = fit(view.seen.padded(around), size).float()
        if size != view.zoom.size:  # as that of the next step
            inside = interpolate(view.weight[None, None], (size.height, size.width), mode="bilinear")[0, 0]
        enlarged = (size.area / view.seen.size.area) ** 0.5
        if view.zoom.above and self.frame.memory.things.carried > MOST and enlarged > ENLARGED:
            outside = (1 - inside).clamp(min=FAINT)
            rim = drawn.float() + _smooth(outside * (rim - drawn.float())) / _smooth(outside[None])
        return torch.lerp(rim, drawn.float(), inside)

    def _grow(self, x0: Tensor, size: Size) -> Tensor:
        """x0 [C, h, w] in another size; by way of pixels, since latents that are enlarged themselves are ragged at
        edges."""
        return self.host.resize(x0, size).to(x0)

    def _finish(self, kept: Kept, drawn: Tensor, zoom: Closeup) -> Kept:
        """What is kept of the last level: the picture of x0 `drawn` [C, h, w], and what of it is the thing."""
        picture = self.host.decode(drawn[None]).convert("RGB")
        if kept.whole:
            return replace(kept, picture=picture)
        matte = kept.measure_matte()
        likely = None if matte is None else matte.float().cpu().numpy()
        shares = cut_out(np.asarray(picture), zoom.inside.float().cpu().numpy(), likely)
        if shares is None and kept.shares is None and not is_figure(drawn):  # a texture that was taken for a thing
            shares = np.ones((picture.height, picture.width), np.float32)
        return replace(kept, x0=drawn.float(), picture=picture, shares=kept.shares if shares is None else shares)

    def _sum_difference(self, asked: Asked, before: Kept | None) -> Tensor | None:
        """How far a thing differed from its ground [h, w], squared, at all levels that asked for that, by what is known
        of the level `before`."""
        known = None if before is None else before.difference
        if asked.ground is None:
            return known
        new = (self.answers[asked.conds[0]].float() - self.answers[asked.ground].float()).square().mean(dim=0)
        return new if known is None else fit(known[None], Size(new.shape[-2], new.shape[-1]))[0] + new


def _smooth(values: Tensor) -> Tensor:
    """Values [C, h, w], each as the mean of those around it, twice."""
    return average(average(values, SMOOTH), SMOOTH)


def _leave_inner(view: View) -> View:
    """A view with its weight where it has all of a cell and of those around it; a stroke has no such cell."""
    full = (view.weight >= FULL).float()[None, None]
    around = torch.nn.functional.pad(full, (1, 1, 1, 1), mode="replicate")
    inner = -torch.nn.functional.max_pool2d(-around, 3, 1)[0, 0]
    return replace(view, weight=view.weight * inner)
