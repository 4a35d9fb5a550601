"""Wildcards are drawn as often as their weights say, the same for the same seed, and leave all else as it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bounded import bounded
from lib_regiondiff.document.palette import Background, Palette
from lib_regiondiff.errors import PaletteError
from lib_regiondiff.formats.infotext import pack, unpack
from lib_regiondiff.formats.wildcard_files import Files
from lib_regiondiff.formats.wildcards import MOST_DEEP, expand, find_unknown

PLAIN = st.text(st.characters(exclude_characters="{}\\", exclude_categories=["Cs"])).filter(lambda s: "__" not in s)
SEEDS = st.integers(0, 2**53 - 1)
MANY = 3000


def files(**lines: Sequence[str]) -> Files:
    """Wildcards of these names, with / for each double underscore."""
    known = {name.replace("__", "/"): tuple(entries) for name, entries in lines.items()}
    return known.get


NONE = files()


def counted(text: str, known: Files = NONE) -> Counter[str]:
    """How often each result comes."""
    return Counter(expand(text, seed, known) for seed in range(MANY))


def told(text: str, known: Files = NONE) -> str:
    """What is wrong with a text."""
    with pytest.raises(PaletteError) as caught:
        expand(text, 1, known)
    return str(caught.value)


def assert_shares(text: str, shares: dict[str, float], known: Files = NONE) -> None:
    """Each result comes as often as it should, within four standard deviations."""
    found = counted(text, known)
    assert set(found) == set(shares)
    for result, share in shares.items():
        assert abs(found[result] - MANY * share) < 4 * (MANY * share * (1 - share)) ** 0.5 + 1


@given(PLAIN, SEEDS)
@example("(a:1.2), [a:b:0.5], [cow|horse], <lora:x_y:1>, a | b, 2$$a, 3::a AND b:1 BREAK", 0)
def test_text_without_special_letters_stays(text: str, seed: int) -> None:
    assert expand(text, seed, files()) == text


@given(st.text("ab{}[]|\\$123-:_ "), SEEDS)
def test_any_text_is_drawn_or_refused_and_again_the_same(text: str, seed: int) -> None:
    def drawn() -> str:
        try:
            return expand(text, seed, files(a=["x"]))
        except PaletteError as error:
            return f"refused: {error}"

    first = drawn()
    assert first == drawn()
    assert "\n" not in first


@given(SEEDS)
def test_what_stands_around_a_group_stays(seed: int) -> None:
    assert expand("a (big:1.2) {red|blue} [cat:dog:0.5]", seed, files()) in {
        f"a (big:1.2) {colour} [cat:dog:0.5]" for colour in ("red", "blue")
    }


def test_options_are_drawn_evenly() -> None:
    assert_shares("{a|b|c}", dict.fromkeys("abc", 1 / 3))
    assert_shares("{a|}", {"a": 0.5, "": 0.5})


def test_weights_say_how_often() -> None:
    assert_shares("{3::a|b}", {"a": 0.75, "b": 0.25})
    assert_shares("{0.5::a|1.5::b|0::c}", {"a": 0.25, "b": 0.75})
    assert_shares("__a__", {"x": 0.75, "y": 0.25}, files(a=["3::x", "y"]))


def test_groups_draw_apart() -> None:
    assert_shares("{a|b}{a|b}", dict.fromkeys(("aa", "ab", "ba", "bb"), 0.25))


def test_groups_nest() -> None:
    assert_shares("{a|{b|c}{d|e}}", {"a": 0.5, "bd": 0.125, "be": 0.125, "cd": 0.125, "ce": 0.125})


def test_several_options_are_joined_and_none_comes_twice() -> None:
    assert_shares("{2$$a|b|c}", dict.fromkeys(("a, b", "a, c", "b, a", "b, c", "c, a", "c, b"), 1 / 6))
    assert_shares("{1-2$$ and $$a|b}", {"a": 0.25, "b": 0.25, "a and b": 0.25, "b and a": 0.25})
    assert_shares("{0-1$$a}", {"": 0.5, "a": 0.5})
    assert_shares("{2$$$$a|b}", {"ab": 0.5, "ba": 0.5})


def test_several_lines_of_one_file_are_drawn() -> None:
    assert_shares("{2$$__a__}", {"x, y": 0.5, "y, x": 0.5}, files(a=["x", "# no", "y"]))
    assert expand("{2$$__b__|a}", 1, files()) in ("__b__, a", "a, __b__")


def test_lines_are_drawn_evenly_without_comments_and_empty_ones() -> None:
    known = files(animals__cats=["# cats", "", " tabby ", "  # none", "manx"])
    assert_shares("a __animals/cats__!", {"a tabby!": 0.5, "a manx!": 0.5}, known)


def test_lines_hold_wildcards_too() -> None:
    known = files(a=["{x|__b__}"], b=["y", "z"])
    assert_shares("__a__", {"x": 0.5, "y": 0.25, "z": 0.25}, known)


def test_what_is_drawn_is_not_read_again() -> None:
    assert expand(r"{_}_a__ \{a\}", 1, files(a=["x"])) == "__a__ {a}"


@pytest.mark.parametrize(
    ("text", "result"),
    [
        (r"\{a|b\}", "{a|b}"),
        (r"{\{a\}}", "{a}"),
        (r"\(a\) \\ \x", r"\(a\) \\ \x"),
        (r"\\{a}", r"\\a"),
        ("a\\", "a\\"),
        ("{a", "{a"),
        ("a}", "a}"),
        ("{a|{b}", "{a|b"),
        ("{}", ""),
        ("{[a|b]}", "[a|b]"),
        ("{[{a}|b]}", "[a|b]"),
        ("{a]}", "a]"),
        ("__ a __ b", "__ a __ b"),
        ("____", "____"),
        (r"\__a__", r"\__a__"),
    ],
)
def test_marks_that_have_no_partner_or_are_escaped_are_text(text: str, result: str) -> None:
    assert expand(text, 5, files(a=["x"])) == result


def test_bars_in_brackets_part_no_options() -> None:
    assert_shares("{[a|b]|c}", {"[a|b]": 0.5, "c": 0.5})
    assert_shares("{[a|c}", {"[a": 0.5, "c": 0.5})
    assert_shares("{[a|{b]}|d}", dict.fromkeys(("[a", "b]", "d"), 1 / 3))


def test_an_unknown_wildcard_stays_and_is_told() -> None:
    known = files(a=["{__b__|__c__}", "# __no__", "__a__"], c=["x"])
    assert expand("the __gone__ cat", 1, known) == "the __gone__ cat"
    assert find_unknown(r"__gone__ __a__ __gone__ {__d/*__|\__e__}", known) == ["gone", "d/*", "b"]
    assert find_unknown("__c__ {x|y}", known) == []


@given(st.lists(st.sampled_from(["__a__", "__b__", "{__c__|x}", "y ", r"\{"]), max_size=6), SEEDS)
def test_without_unknown_ones_nothing_is_left(pieces: list[str], seed: int) -> None:
    known = files(a=["p", "__c__"], c=["q"])
    text = "".join(pieces)
    assert find_unknown(text, known) == (["b"] if "__b__" in text else [])
    assert ("__" in expand(text, seed, known)) == ("__b__" in text)


def test_wildcards_that_never_end_are_refused() -> None:
    assert told("__a__", files(a=["x __a__"])) == "wildcards: expected wildcards at most 20 deep, got more at 'x __a__'"
    deep = "{" * MOST_DEEP + "a" + "}" * MOST_DEEP
    assert expand(deep, 1, files()) == "a"
    assert "deep" in told("{" + deep + "}")


def test_wildcards_that_grow_and_grow_are_refused() -> None:
    known = {f"w{level}": [f"__w{level + 1}__" * 10] for level in range(9)} | {"w9": ["x"]}
    assert told("__w0__", known.get).startswith("wildcards: expected at most 10000 wildcards, got more at")


@pytest.mark.parametrize(
    ("text", "got"),
    [
        (f"{{4980$${'j' * 10_000}$${'|'.join('a' * 4980)}}}", "drawn"),
        (f"{{2$${'j' * 9_000}$$a|b|{{3$${'j' * 6_000}$$c|d|e}}}}", "drawn"),
        ("__long__" * 2000, "drawn"),
        (" __gone__" * 2000 + "__long__" * 200, "drawn"),
        ("a" * 20_001, "20001"),
    ],
)
def test_a_text_that_grows_too_long_is_refused_before_it_is_drawn(text: str, got: str) -> None:
    known = files(long=["a" * 15])
    with bounded(1.0, 50):
        line = told(text, known)
    assert line.startswith("wildcards: expected a ") and got in line and "20000 characters" in line


@pytest.mark.parametrize(
    "text",
    [
        f"{{9900$${'|' * 9899}}}",
        f"{{5000$$x|{'2::b|' * 3990}}}",
        "{" * 10_000 + "}" * 10_000,
        "{[|" * 6_666,
        "_" * 20_000,
        f"__{'*' * 19_990}q__",
        "{" * 20 + "a|" * 9_900 + "}" * 20,
        "{2$$__many__}" * 1_500,
        "__many__" * 2_500,
        "__deep__" * 2_500,
        "\\{" * 10_000,
    ],
)
def test_no_text_takes_long(text: str) -> None:
    known = files(many=[f"{index}::x" for index in range(30_000)], deep=["{a|" + "{b|" * 6_000 + "}" * 6_001])
    with bounded(2.0, 200):
        tried(text, known)


def tried(text: str, known: Files, seed: int = 1) -> str | None:
    """What is drawn, or None where it is refused."""
    try:
        return expand(text, seed, known)
    except PaletteError:
        return None


@given(st.text("ab{}[]|\\$19:_ "), SEEDS, st.integers(1, 30))
def test_what_is_drawn_reads_back_from_an_infotext(text: str, seed: int, times: int) -> None:
    known = files(a=["x" * 900, "__b__"], b=["{2$$\x01$$y|\x7f}"])
    drawn = tried(text + "__a__" * times, known, seed)
    assert (drawn is None) or len(drawn) <= 20_000
    if drawn is not None:
        palette = Palette(background=Background(prompt=drawn))
        assert unpack(pack(palette)) == palette


def test_too_few_options_are_told() -> None:
    for text, got in (("{3$$a|b}", 2), ("{1-3$$a|b|0::c}", 2), ("{0::a}", 0)):
        assert any(f"options with a weight above 0 in '{text}', got {got}" in line for line in refusals(text))
    assert "expected a range from small to large, got '{2-1$$a|b}'" in told("{2-1$$a|b}")
    assert told("__a__", files(a=["# only this"])) == "wildcards: expected a line in __a__, got none"


def refusals(text: str) -> set[str]:
    """What is refused with one seed or another."""
    found = set()
    for seed in range(20):
        try:
            expand(text, seed, files())
        except PaletteError as error:
            found.add(str(error))
    return found
