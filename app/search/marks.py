"""Matches in a text, as segments: never markup, so that nothing in a text can pass for a match."""

import re

from app.search.queries import START, STOP
from app.search.schemas import Segment

_BEFORE = 60
_LENGTH = 240
_MARKS = re.compile(f"[{START}{STOP}]")


def segments(text: str, marked: str) -> list[Segment]:
    """The whole text. ``marked`` is the same, character by character, with other separators and with marks."""
    found = []
    place = 0
    for index, part in enumerate(_MARKS.split(marked)):
        if part:
            found.append(Segment(text=text[place : place + len(part)], is_match=index % 2 == 1))
        place += len(part)
    return found


def snippet(text: str, marked: str) -> list[Segment]:
    """The part of the text around its first match; its beginning if there is none."""
    first = max(marked.find(START), 0)
    start = 0 if first <= _BEFORE else _next_word(text, first - _BEFORE, first)
    stop = len(text) if len(text) <= start + _LENGTH else _end_of_word(text, start + _LENGTH)
    cut = list(_between(segments(text, marked), start, stop))
    before = [Segment(text="…", is_match=False)] if start > 0 else []
    after = [Segment(text="…", is_match=False)] if stop < len(text) else []
    return before + cut + after


def _next_word(text: str, start: int, stop: int) -> int:
    """Where the first word after a place begins, if one does before ``stop``."""
    blank = re.search(r"\s\S", text[start:stop])
    return start + blank.start() + 1 if blank else start


def _end_of_word(text: str, stop: int) -> int:
    """Where the last word before a place ends, if that is not far."""
    blank = re.search(r"\s\S*$", text[stop - _BEFORE : stop])
    return stop - _BEFORE + blank.start() if blank else stop


def _between(whole: list[Segment], start: int, stop: int) -> list[Segment]:
    kept = []
    place = 0
    for each in whole:
        text = each.text[max(start - place, 0) : max(stop - place, 0)]
        if text:
            kept.append(Segment(text=text, is_match=each.is_match))
        place += len(each.text)
    return kept
