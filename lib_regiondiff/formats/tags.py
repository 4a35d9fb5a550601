"""Tags of extra networks, such as `<lora:name:0.8>`: cut out of a brush's prompt and told apart from it."""

from __future__ import annotations

import re

TAG = re.compile("<[A-Za-z]+:[^>]+>")


def split_networks(prompt: str) -> tuple[str, tuple[str, ...]]:
    """The prompt without its `<word:...>` tags, and the tags in their order.

    As in WebUIs a tag is just removed: the spaces around it stay, and the rest is not searched again.
    """
    before, end, after = prompt.rpartition(">")  # no tag goes further, and a search there would take long
    whole = before + end
    return TAG.sub("", whole) + after, tuple(TAG.findall(whole))
