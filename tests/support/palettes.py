"""Palettes for tests: hypothesis strategies that are read off the rules, and documents that are almost right."""

from __future__ import annotations

import base64
import copy
import dataclasses
import io
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from hypothesis import strategies as st
from PIL import Image

from lib_regiondiff.document import budget, expressions, rules, values
from lib_regiondiff.document.encoded import find_webp_danger
from lib_regiondiff.document.palette import Bias, Brush, Palette, Tiles, dump, parse
from lib_regiondiff.document.pictures import Picture, Shape
from lib_regiondiff.document.records import make_record
from lib_regiondiff.geometry import Size

Values = st.SearchStrategy[Any]
FORMULAS = ("log(1 + sigma)", "log(1 + sigma ** 2)", "1", "min(sigma, 2) / 3")
MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """The bytes of an image file."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def picture(mode: str = "L", size: tuple[int, int] = (3, 2), kind: str = "PNG") -> Picture:
    """A small picture with a dark and a light part."""
    image = Image.new("L", size, 40)
    image.paste(220, (1, 0, *size))
    return Picture.of(encoded(image.convert(mode), kind), f"image/{kind.lower()}")


MASKS = [picture(mode) for mode in MODES] + [picture(size=(1, 1)), picture(size=(9, 5))]
JPEG = picture("RGB", kind="JPEG")
WEBPS = [] if find_webp_danger() else [picture("RGB", kind="WEBP"), picture("RGBA", kind="WEBP")]
IMAGES = [*MASKS, JPEG, *WEBPS]


def _number(rule: rules.Number) -> Values:
    if rule.whole:
        return st.integers(int(rule.low), int(rule.high))
    return st.floats(rule.low, rule.high, allow_subnormal=False)


def _text(rule: rules.Text) -> Values:
    letters = st.characters(exclude_characters="\0", exclude_categories=["Cs"])
    return st.text(letters, min_size=rule.least, max_size=min(rule.limit, 12))


def _many(rule: rules.Many) -> Values:
    return st.lists(values_of(rule.rule), min_size=rule.least, max_size=max(rule.least, 2)).map(tuple)


def _object(rule: rules.Object) -> Values:
    each_rule = {key: values_of(each) for key, (each, _) in rules.list_rules(rule.record).items()}
    return st.fixed_dictionaries(each_rule).map(partial(make_record, rule.record))


def _fitting(height: int, width: int) -> Size:
    """A canvas of no more pixels than there may be."""
    return Size(height, min(width, budget.MOST_PIXELS // height))


def _checked(rule: values.Checked) -> Values:
    return values_of(rule.rule).map(_mended).filter(lambda value: not list(rule.check(value)))


def _mended(value: Any) -> Any:
    """The same without contradictions."""
    if isinstance(value, Tiles):
        sides = [side for side in (value.width, value.height) if not isinstance(side, str)]
        own = value.overlap if isinstance(value.overlap, str) or not sides else value.overlap % min(sides)
        return dataclasses.replace(value, overlap=own)
    if isinstance(value, Brush | Bias):
        start, stop = sorted((value.start, value.stop))
        return dataclasses.replace(value, start=start if start < stop else 0.0, stop=stop or 1.0)
    return tuple(dataclasses.replace(brush, id=f"{index} {brush.id[:60]}") for index, brush in enumerate(value))


def shapes() -> Values:
    """Rectangles, ellipses and polygons."""
    number = _number(values.FRACTION)
    pair = st.tuples(number, number).filter(lambda ends: ends[0] != ends[1]).map(sorted)
    box = st.tuples(pair, pair).map(lambda ends: (ends[0][0], ends[1][0], ends[0][1], ends[1][1]))
    points = st.integers(3, 6).flatmap(lambda count: st.tuples(*[number] * (2 * count)))
    round_or_not = st.sampled_from(["rectangle", "ellipse"])
    return st.builds(Shape, round_or_not, box) | st.builds(Shape, st.just("polygon"), points)


STRATEGIES: dict[type, Callable[[Any], Values]] = {
    rules.Number: _number,
    rules.Text: _text,
    rules.Choice: lambda rule: st.sampled_from(rule.words),
    rules.Maybe: lambda rule: st.none() | values_of(rule.rule),
    rules.Many: _many,
    rules.Object: _object,
    values.Auto: lambda rule: st.just(values.AUTO) | values_of(rule.rule),
    values.Checked: _checked,
    values.Apart: lambda rule: values_of(rule.rule).map(_mended),
    values.SizeRule: lambda rule: st.builds(_fitting, _number(values.SIDE), _number(values.SIDE)),
    values.Guidance: lambda rule: st.floats(1, 100),
    values.Colour: lambda rule: st.integers(0, 0xFFFFFF).map("#{:06x}".format),
    values.Exactly: lambda rule: st.just(rule.number),
    expressions.Expression: lambda rule: st.sampled_from(FORMULAS),
    values.Flag: lambda rule: st.booleans(),
    values.PictureRule: lambda rule: shapes() | st.sampled_from(MASKS) if rule.mask else st.sampled_from(IMAGES),
}


def values_of(rule: Any) -> Values:
    """What a rule accepts, as `read` would return it."""
    return STRATEGIES[type(rule)](rule)


def palettes() -> st.SearchStrategy[Palette]:
    """Palettes with any of their fields set, within the budget of work."""
    return values_of(rules.Object(Palette)).filter(
        lambda palette: not budget.find_problems(palette, palette.size, palette.steps)
    )


def json_values() -> Values:
    """Anything that JSON can hold, NaN and lone surrogates too, which Python's reader lets in."""
    single = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    return st.recursive(
        single, lambda each: st.lists(each, max_size=3) | st.dictionaries(st.text(max_size=8), each, max_size=3)
    )


def places(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The keys and indices that lead to each value of a document."""
    if isinstance(data, dict | list):
        for key in data if isinstance(data, dict) else range(len(data)):
            yield (*path, key)
            yield from places(data[key], (*path, key))


def held(data: Any, path: tuple[Any, ...]) -> Any:
    """The value of a document at a place."""
    for key in path:
        data = data[key]
    return data


def changed(data: Any, path: tuple[Any, ...], value: Any) -> Any:
    """A copy of a document with another value at a place."""
    data = copy.deepcopy(data)
    held(data, path[:-1])[path[-1]] = value
    return data


@st.composite
def mutants(draw: st.DrawFn) -> Any:
    """A valid document with a key renamed, a value replaced or a list's entry doubled, once to three times."""
    data: Any = dump(draw(palettes()))
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(list(places(data))))
        data = changed(data, path, draw(json_values())) if draw(st.booleans()) else data
        parent: Any = held(data, path[:-1])
        if not draw(st.booleans()):
            continue
        if isinstance(parent, list):
            parent.append(copy.deepcopy(parent[path[-1]]))
        else:
            parent[draw(st.text(max_size=8))] = parent.pop(path[-1])
    return data


def sized(width: int, height: int, **more: Any) -> Palette:
    """The palette of a document with this canvas."""
    return parse({"version": 1, "size": {"width": width, "height": height}} | more)


def drawing(sampler: str = "DDIM", canvas: tuple[int, int] = (64, 64), **more: Any) -> Palette:
    """A palette for a network: a small canvas, three steps and no negative, where nothing else is said."""
    return sized(*canvas, **{"sampler": sampler, "seed": 3, "steps": 3, "guidance": 1} | more)


def data_url(data: bytes, media: str = "image/png") -> str:
    """Bytes as a data URL."""
    return f"data:{media};base64,{base64.b64encode(data).decode()}"
