"""Matches are marked as segments of the text as it was written."""

import pytest

from app.search.marks import snippet
from tests.search.people import Searching, matches, plain


@pytest.mark.parametrize(
    ("text", "q", "marked"),
    [
        ("The Kitchen, the kitchens", "kitchen", ["Kitchen", "kitchens"]),
        ("A plan for site-plan_v2.pdf", "site plan", ["plan", "site", "plan"]),
        ("<b>kitchen</b> & <script>", "kitchen", ["kitchen"]),
        ("<mark>kitchen</mark> \\ 'quoted'", "kitchen quoted", ["kitchen", "quoted"]),
        ("שלום עולם, שלום", "שלום", ["שלום", "שלום"]),
        ("مرحبا kitchen بالعالم", "kitchen", ["kitchen"]),
        ("👍🏽 kitchen 👨‍👩‍👧 done", "kitchen done", ["kitchen", "done"]),
        ("Zoe\u0308 and KÜCHE", "küche", ["KÜCHE"]),
        ("one\n\ttwo\r\n  kitchen", "kitchen", ["kitchen"]),
        ("http://kitchen.example.org/a?b=kitchen#c", "kitchen", ["kitchen", "kitchen"]),
        ("well-known 3.5e10 -7 a@kitchen.org &amp;", "kitchen", ["kitchen"]),
        ("1e5kitchen", "1e5kit", ["1e5", "kitchen"]),
    ],
)
async def test_what_matches_is_marked_and_nothing_else_changes(searching: Searching, text, q, marked):
    await searching.says("client", text)
    (found,) = await searching.found("dev", q)
    assert plain(found["snippet"]) == text
    assert matches(found["snippet"]) == marked


async def test_a_text_cannot_mark_itself(searching: Searching):
    await searching.message("\x02forged\x03 kitchen \x02open")
    (found,) = await searching.found("dev", "kitchen")
    assert plain(found["snippet"]) == "\x02forged\x03 kitchen \x02open"
    assert matches(found["snippet"]) == ["kitchen"]


async def test_titles_are_marked_too(searching: Searching):
    await searching.issue("The Kitchen", "Tiles are loose")
    await searching.file("kitchen-plan.pdf")
    for found, title in zip(await searching.found("dev", "kitchen"), ("kitchen-plan.pdf", "The Kitchen"), strict=True):
        assert plain(found["title_segments"]) == found["title"] == title
        assert matches(found["title_segments"]) == [title.split("-")[0].split()[-1]]


async def test_a_long_text_is_shown_around_its_first_match(searching: Searching):
    await searching.says("client", "word " * 300 + "the kitchen here " + "word " * 300)
    (found,) = await searching.found("dev", "kitchen")
    text = plain(found["snippet"])
    assert (text[0], text[-1]) == ("…", "…")
    assert len(text) < 260
    assert "word the kitchen here word" in text
    assert matches(found["snippet"]) == ["kitchen"]


@pytest.mark.parametrize("length", [1, 239, 240, 241, 300, 5000])
def test_a_snippet_is_a_part_of_the_text_without_blanks_too(length):
    text = "x" * length
    assert plain([each.model_dump() for each in snippet(text, text)]).strip("…") == text[:240]
