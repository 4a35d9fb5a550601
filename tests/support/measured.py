"""Records of pictures as a benchmark measures them, made up."""

from __future__ import annotations

from typing import Any

from sizes_report import SCORES

NONE = dict.fromkeys(SCORES, float("nan"))
COST = {"rows": 13, "cells": 99, "multiply-adds": 7.2e9, "seconds": 1.0}


def make_record(kind: str, number: int, ours: dict[str, float], true: dict[str, float]) -> dict[str, Any]:
    return {"class": kind, "number": number, "ours": NONE | ours | COST, "true": NONE | true}


def make_things(whole: list[float], kind: str = "thing-96") -> list[dict[str, Any]]:
    return [
        make_record(kind, at, {"whole": each, "once": 1, "area": 1.1}, {"whole": 1, "once": 1, "area": 1.0})
        for at, each in enumerate(whole)
    ]
