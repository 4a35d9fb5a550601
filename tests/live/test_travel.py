"""Every way in which a picture travels keeps its palette: files, the API, and what people press in the page."""

from __future__ import annotations

import base64
import json
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from lib_regiondiff.document.palette import dumps, parse
from lib_regiondiff.formats import infotext
from live.browser import Browser, Step, find
from live.client import Answer, WebUI
from live.colours import Alone, columns, obeys

pytestmark = pytest.mark.live
KEY = "Region Diffusion"
PROMPTS = ("red", "blue")
PALETTE = columns(*PROMPTS)
TEXT = json.dumps(PALETTE)
TABS = {"txt2img": "#tab_txt2img", "img2img": "#tab_img2img"}


def enabled(tab: str) -> str:
    """The switch of a tab."""
    return f'{TABS[tab]} [id$="_regiondiff_accordion-checkbox"] input'


def palette(tab: str) -> str:
    """The palette's text of a tab."""
    return f'{TABS[tab]} [id$="_regiondiff_palette"] textarea'


def arrived(tab: str, prompt: str = '"red"') -> list[Step]:
    """Wait for a palette in a tab, and read both of its fields."""
    return [("until", palette(tab), prompt), ("until", enabled(tab), True), ("read", palette(tab))]


def header(tab: str) -> str:
    """The accordion's header, which opens it."""
    return f'{TABS[tab]} [id$="_regiondiff_accordion"] .label-wrap'


def tick(tab: str) -> str:
    """The tick in the header, which switches regions on."""
    return f'{TABS[tab]} [id$="_regiondiff_accordion-visible-checkbox"]'


def typed(tab: str = "txt2img") -> list[Step]:
    """Open the accordion, switch regions on, and write the palette."""
    json_view = f'{TABS[tab]} .rd-segments [data-view="json"]'
    opened = [("press", header(tab)), ("wait", json_view), ("press", json_view)]
    return [*opened, ("press", tick(tab)), ("until", enabled(tab), True), ("fill", palette(tab), TEXT)]


def generated() -> list[Step]:
    """Draw a small picture in txt2img, and wait for it below the palette."""
    sizes = [("fill", f"#txt2img_{name} input[type=number]", value) for name, value in SMALL.items()]
    shown = ("wait", "#txt2img_gallery img")
    return [*typed(), ("fill", "#txt2img_prompt textarea", "green"), *sizes, ("press", "#txt2img_generate"), shown]


SMALL = {"width": "128", "height": "64", "steps": "4"}


@pytest.fixture(scope="module")
def browser(webui: WebUI) -> Browser:
    """A person's browser, at the WebUI."""
    return find(webui.url)


@pytest.fixture(scope="module")
def drawn(webui: WebUI) -> Answer:
    """A picture of the palette."""
    return webui.draw(PALETTE, sampler_name="Euler")


@pytest.fixture(scope="module")
def file(drawn: Answer, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The picture as a file on somebody's disk."""
    path = tmp_path_factory.mktemp("pictures") / "drawn.png"
    path.write_bytes(drawn.data[0])
    return str(path)


def told(webui: WebUI, data: str) -> dict[str, Any]:
    """What the WebUI finds in a picture's file."""
    return webui.ask("/sdapi/v1/png-info", {"image": data})


def same(text: str) -> bool:
    """Whether a text is the palette."""
    return parse(text) == parse(PALETTE)


def test_the_file_and_the_api_s_answer_tell_it(webui: WebUI, drawn: Answer) -> None:
    for value in (
        told(webui, drawn.files[0])["parameters"][KEY],
        webui.ask("/sdapi/v1/png-info", {"image": "data:image/png;base64," + drawn.files[0]})["parameters"][KEY],
    ):
        assert infotext.read(value, None) == parse(PALETTE)
    assert f"{KEY}: " in drawn.infotexts[0]


@pytest.mark.parametrize("path", ["txt2img", "img2img"])
def test_an_infotext_given_to_the_api_draws_it(webui: WebUI, drawn: Answer, alone: Alone, path: str) -> None:
    more: dict[str, Any] = {} if path == "txt2img" else {"init_images": [drawn.files[0]], "denoising_strength": 0.9}
    again = webui.draw(path=f"/sdapi/v1/{path}", infotext=drawn.infotexts[0], sampler_name="Euler", **more)
    obeys(again.pictures[0], PROMPTS, "Euler", alone)
    assert infotext.read(told(webui, again.files[0])["parameters"][KEY], None) == parse(PALETTE)


@pytest.mark.parametrize("tab", TABS)
def test_to_open_the_accordion_is_to_look_and_its_tick_switches(browser: Browser, tab: str) -> None:
    opened = [] if tab == "txt2img" else [("press", '#tabs > div button:has-text("img2img")')]
    looked = [("press", header(tab)), ("wait", f"{header(tab)}.open"), ("pause", 1000), ("read", enabled(tab))]
    ticked = [("press", tick(tab)), ("until", enabled(tab), True), ("pause", 1000), ("wait", f"{header(tab)}.open")]
    (on,) = browser.do(*opened, *looked, *ticked)
    assert on is False


@pytest.mark.parametrize("button", ["img2img", "inpaint"])
def test_buttons_below_the_gallery_take_it_along(browser: Browser, button: str) -> None:
    (text,) = browser.do(*generated(), ("press", f"#txt2img_send_to_{button}"), *arrived("img2img"))
    assert same(text)


def test_the_picture_that_extras_make_of_it_tells_it(webui: WebUI, browser: Browser) -> None:
    sent = [("press", "#txt2img_send_to_extras"), ("wait", "#extras_image img"), ("press", "#extras_generate")]
    (url,) = browser.do(*generated(), *sent, ("wait", "#extras_gallery img"), ("source", "#extras_gallery img"))
    with urllib.request.urlopen(url) as answer:
        data = base64.b64encode(answer.read()).decode()
    assert infotext.read(told(webui, data)["parameters"][KEY], None) == parse(PALETTE)


@pytest.mark.parametrize("tab", TABS)
def test_the_arrow_reads_it_out_of_the_prompt(browser: Browser, drawn: Answer, tab: str) -> None:
    pasted = [("fill", f"#{tab}_prompt textarea", drawn.infotexts[0]), ("press", f"{TABS[tab]} #paste")]
    opened = [] if tab == "txt2img" else [("press", '#tabs > div button:has-text("img2img")')]
    (text,) = browser.do(*opened, *pasted, *arrived(tab))
    assert same(text)


def test_the_arrow_reads_it_of_the_last_picture(browser: Browser) -> None:
    erased = [("fill", palette("txt2img"), dumps(parse(columns("yellow")))), ("fill", "#txt2img_prompt textarea", "")]
    (text,) = browser.do(*generated(), *erased, ("press", f"{TABS['txt2img']} #paste"), *arrived("txt2img"))
    assert same(text)


def test_the_arrow_switches_it_off_for_a_picture_without(webui: WebUI, browser: Browser) -> None:
    plain = webui.draw(sampler_name="Euler").infotexts[0]
    pasted = [("fill", "#txt2img_prompt textarea", plain), ("press", f"{TABS['txt2img']} #paste")]
    off = ("until", enabled("txt2img"), False)
    (text,) = browser.do(*typed(), *pasted, off, ("read", palette("txt2img")))
    assert same(text)


@pytest.mark.parametrize("button", ["txt2img", "img2img", "inpaint"])
def test_buttons_of_png_info_read_it(browser: Browser, file: str, button: str) -> None:
    seen = [("upload", "#pnginfo_image input[type=file]", file), ("until", "#pnginfo_generation_info textarea", KEY)]
    tab = "txt2img" if button == "txt2img" else "img2img"
    opened = ("press", '#tabs > div button:has-text("PNG Info")')
    (text,) = browser.do(opened, *seen, ("press", f"#tab_pnginfo #{button}_tab"), *arrived(tab))
    assert same(text)


def test_a_file_dropped_on_the_prompt_and_the_arrow_read_it(browser: Browser, file: str) -> None:
    prompt = "#txt2img_prompt textarea"
    dropped = [("drop", prompt, file), ("until", prompt, KEY), ("press", f"{TABS['txt2img']} #paste")]
    (text,) = browser.do(*dropped, *arrived("txt2img"))
    assert same(text)
    assert Path(file).is_file()
