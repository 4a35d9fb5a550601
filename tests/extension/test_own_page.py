"""Functions of the page answer the page itself, and no other page of the browser, whichever way gradio takes."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace

import pytest

from fake_gradio import Page, Request
from lib_regiondiff.extension import own_page
from lib_regiondiff.server.answers import Refused

HOST = "127.0.0.1:7860"
OWN = {"host": HOST, "origin": f"http://{HOST}"}
STRANGERS: Mapping[str, Mapping[str, str]] = {
    "another port": {"host": HOST, "origin": "http://127.0.0.1:8000"},
    "another site": {"host": HOST, "origin": "https://evil.example"},
    "a sandbox": {"host": HOST, "origin": "null", "sec-fetch-site": "cross-site"},
    "another name": {"host": HOST, "origin": "http://localhost:7860"},
}


@pytest.mark.parametrize("headers", STRANGERS.values(), ids=STRANGERS)
def test_no_function_of_the_page_answers_a_stranger(page: Page, headers: Mapping[str, str]) -> None:
    works = [listener.work for listener in page.listeners]
    assert len(works) > 6
    for work in works:
        with pytest.raises(Refused, match="expected our own page"):
            work(Request(headers))


@pytest.mark.parametrize("request_", [None, Request(OWN), Request({"host": HOST})], ids=["gradio", "page", "program"])
def test_the_page_itself_and_programs_are_answered(page: Page, request_: Request | None) -> None:
    assert own_page.guard(lambda *values: values)(request_, 1, 2) == (1, 2)


def test_headers_of_a_socket_are_attributes() -> None:
    class Headers(SimpleNamespace):
        def keys(self) -> list[str]:
            return list(vars(self))

        def __getitem__(self, name: str) -> str:
            return vars(self)[name]

    found = own_page.read_headers(SimpleNamespace(headers=Headers(**{"Origin": "http://a", "sec-fetch-site": "none"})))
    assert dict(found.headers) == {"origin": "http://a", "sec-fetch-site": "none"}
