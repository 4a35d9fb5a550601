"""The settings page: each line acts on the next job, and a value that cannot be is refused."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from fake_sampler import Job, halves
from fake_webui import WebUI, put
from lib_regiondiff import __version__
from lib_regiondiff.extension import jobs
from lib_regiondiff.formats import infotext
from lib_regiondiff.hosts.webui.program import settings
from lib_regiondiff.hosts.webui.program.error_display import RequestError


def begun(webui: WebUI, palette: Any, *prompts: str, **more: Any) -> Any:
    """A job after its start."""
    p = Job(webui, list(prompts) or ["green"], **more)
    jobs.begin(p, True, palette)
    jobs.begin_batch(p)
    return p


def test_palettes_lie_where_the_user_wants_them(webui: WebUI) -> None:
    inside = begun(webui, halves("red", "blue"))
    webui.shared.opts.regiondiff_infotext = "in a file beside the picture"
    beside = begun(webui, halves("red", "blue"))
    name = beside.extra_generation_params[jobs.KEY]
    assert infotext.SIDECAR.fullmatch(name) and not inside.regiondiff.sidecars
    assert infotext.unpack(inside.extra_generation_params[jobs.KEY]) == infotext.parse(beside.regiondiff.sidecars[name])
    assert beside.extra_generation_params[jobs.VERSION_KEY] == __version__


def test_palettes_of_pictures_that_are_not_saved_lie_in_their_infotexts(webui: WebUI) -> None:
    webui.shared.opts.regiondiff_infotext = "in a file beside the picture"
    asked = begun(webui, halves("red", "blue"), do_not_save_samples=True)
    webui.shared.opts.samples_save = False
    never = begun(webui, halves("red", "blue"))
    for p in (asked, never):
        assert not p.regiondiff.sidecars
        assert infotext.unpack(p.extra_generation_params[jobs.KEY]).brushes
    webui.shared.opts.samples_format = "jpg"  # which has no room for long texts
    assert begun(webui, halves("red", "blue")).regiondiff.sidecars


def test_typed_regions_are_blended_by_the_method_of_choice_unless_they_say_it(webui: WebUI) -> None:
    webui.shared.opts.regiondiff_method = "Mixture of Diffusers"
    documents: list[Any] = [{"typed": {}}, {"typed": {}, "blend": "average"}, halves("red", "blue")]
    made = [begun(webui, each, "red BREAK blue").extra_generation_params[jobs.KEY] for each in documents]
    assert [infotext.unpack(value).blend for value in made] == ["mixture", "average", "average"]
    webui.shared.opts.regiondiff_method = "automatic"
    made = begun(webui, {"typed": {}}, "red BREAK blue").extra_generation_params[jobs.KEY]
    assert infotext.unpack(made).blend == "auto"


@pytest.mark.parametrize(("rows", "calls"), [(0, [3]), (1, [1, 1, 1]), (2, [2, 1])])
def test_the_network_is_given_so_many_rows(webui: WebUI, rows: int, calls: list[int]) -> None:
    webui.shared.opts.regiondiff_rows = rows
    p = begun(webui, halves("red", "blue"))
    p.setup_conds()
    x = p.noise()
    jobs.sample(p, x, x)
    p.sampler.sample(p, x)
    assert webui.model.rows[: len(calls)] == calls


@pytest.mark.parametrize(
    ("key", "value"),
    [("infotext", "nowhere"), ("method", None), ("rows", -1), ("rows", 1.5), ("rows", True), ("rows", "2")],
)
def test_a_setting_that_cannot_be_ends_the_job(webui: WebUI, key: str, value: Any) -> None:
    setattr(webui.shared.opts, f"regiondiff_{key}", value)
    p = begun(webui, halves("red", "blue"))
    with pytest.raises(RequestError, match=f"the setting regiondiff_{key}: expected"):
        p.init()
    assert p.regiondiff is None


def test_every_setting_is_on_the_page_once(webui: WebUI, monkeypatch: pytest.MonkeyPatch) -> None:
    class OptionInfo:
        def __init__(self, default: Any, label: str, component: Any, component_args: Any, section: Any) -> None:
            self.default, self.component, self.args, self.section = default, component, component_args, section

        def info(self, text: str) -> OptionInfo:
            return self

    added: dict[str, OptionInfo] = {}
    put(monkeypatch, "gradio", Radio="radio", Slider="slider")
    webui.shared.OptionInfo = OptionInfo
    webui.shared.opts = SimpleNamespace(add_option=added.__setitem__)
    settings.register()
    settings.register()
    assert list(added) == [each.key for each in settings.ALL]
    assert all(line.section == settings.SECTION for line in added.values())
    for key, line in added.items():
        monkeypatch.setattr(webui.shared.opts, key, line.default, raising=False)
    assert settings.read_settings() == settings.Settings(infotext.LIMIT, "average", 0)
