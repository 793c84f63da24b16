"""What is found: all words, in any kind of thing, and the last one as it is being typed."""

import pytest

from app.dev.demo import FIRST_PROJECT
from tests.search.people import Searching, plain


class TestWords:
    @pytest.mark.parametrize(
        ("q", "is_found"),
        [
            ("kitchen", True),
            ("KITCHEN", True),
            ("kit", True),
            ("itchen", False),
            ("tiles kitchen", True),
            ("kitch tiles", False),
            ("kitchen bath", False),
            ("kitchen-tiles", True),
            ("  kitchen  ", True),
            ("“kitchen”", True),
        ],
    )
    async def test_all_must_be_there_and_the_last_may_be_a_beginning(self, searching: Searching, q, is_found):
        await searching.says("client", "The Kitchen gets new tiles.")
        assert bool(await searching.found("dev", q)) is is_found

    @pytest.mark.parametrize(
        ("name", "q"),
        [
            ("site-plan_v2.pdf", "plan"),
            ("site-plan_v2.pdf", "v2"),
            ("site-plan_v2.pdf", "pdf"),
            ("site-plan_v2.pdf", "site-plan_v2.pdf"),
            ("Überblick (final).docx", "überblick"),
            ("ПЛАН.pdf", "план"),
        ],
    )
    async def test_of_a_files_name_are_what_lies_between_its_separators(self, searching: Searching, name, q):
        await searching.file(name)
        assert await searching.texts("client", q) == [name]

    @pytest.mark.parametrize(
        "text", ["שלום עולם", "مرحبا بالعالم", "नमस्ते दुनिया", "👍 done", "Grüße aus Köln", "3.14 m²"]
    )
    async def test_of_any_language_are_found(self, searching: Searching, text):
        await searching.says("client", text)
        for q in (text, text.split()[0]):
            assert await searching.texts("dev", q) == [text]

    async def test_letters_may_be_made_of_parts_in_what_is_asked_for(self, searching: Searching):
        await searching.says("client", "Grüße aus Köln")
        assert await searching.texts("dev", "Ko\u0308ln") == ["Grüße aus Köln"]

    @pytest.mark.parametrize("q", ["...", "-", "''", "& | !", "<->", "—", "%", "\\"])
    async def test_without_any_nothing_is_found(self, searching: Searching, q):
        await searching.one_of_each("kitchen")
        assert await searching.page("dev", q) == {"items": [], "next_cursor": None}

    @pytest.mark.parametrize(
        "q",
        [
            "kitchen | bath",
            "!bath kitchen",
            "kitchen & bath",
            "kitchen:*",
            "kitchen <-> tiles",
            "'kitchen'",
            "kitchen' | 'bath",
            "kitchen'); DROP TABLE messages; --",
            "\\'kitchen",
            "kit%",
            "$1 kitchen",
            "kitchen:A",
            "\x02kitchen\x03",
            "é" * 200,
            "c " * 99 + "d",
            "1e5 -1 0x10 1.5e-3",
            "http://example.org/?a=b&c=d <b>x</b> &amp;",
        ],
    )
    async def test_have_no_operators_among_them(self, searching: Searching, q):
        await searching.says("client", "A bath")
        answer = await searching.ask("dev", q)
        assert (answer.status_code, answer.json()["items"]) == (200, [])

    async def test_of_any_length_do_no_harm_to_who_writes_them(self, searching: Searching):
        for length in (254, 255, 1000, 1990, 2040, 2046, 2047, 2048, 3900):
            await searching.says("client", "x" * length + " kitchen", "é" * (length // 2) + " kitchen")
        assert len(await searching.found("dev", "kitchen")) == 18


class TestQuery:
    @pytest.mark.parametrize(
        "query", [{"q": ""}, {"q": "   "}, {"q": "x" * 201}, {"q": "a\0b"}, {"q": "a", "kind": "x"}]
    )
    async def test_that_cannot_be_asked_is_refused(self, searching: Searching, query):
        address = f"/api/projects/{FIRST_PROJECT}/search"
        assert (await searching.as_person("dev").get(address, params=query)).status_code == 422
        assert (await searching.as_person("dev").get(address)).status_code == 422

    @pytest.mark.parametrize("cursor", ["x", "AAAA", "AAAAAAAAAAAAAAAAAAAAAHg"])
    async def test_with_a_bad_cursor_is_refused(self, searching: Searching, cursor):
        assert (await searching.ask("dev", "kitchen", cursor=cursor)).status_code == 422


class TestKinds:
    async def test_each_is_found_newest_first(self, searching: Searching):
        await searching.one_of_each("kitchen")
        found = await searching.found("client", "kitchen")
        assert [(each["kind"], each["title"], plain(each["snippet"])) for each in found] == [
            ("file", "kitchen.pdf", ""),
            ("task", "A task about kitchen", ""),
            ("issue", "An issue", "Its body says kitchen"),
            ("message", "Clara Jensen", "The message says kitchen"),
        ]

    async def test_one_can_be_asked_for(self, searching: Searching):
        await searching.one_of_each("kitchen")
        for kind in ("file", "task", "issue", "message"):
            assert [each["kind"] for each in await searching.found("client", "kitchen", kind=kind)] == [kind]

    async def test_each_says_whose_it_is(self, searching: Searching):
        await searching.one_of_each("kitchen")
        file, task, issue, message = await searching.found("pm", "kitchen")
        for each in (file, issue, message):
            assert each["room_id"] == str(searching.room)
            assert each["client"]["display_name"] == each["author"]["display_name"] == "Clara Jensen"
        assert (task["room_id"], task["client"], task["author"]["display_name"]) == (None, None, "Deniz Kaya")

    async def test_each_opens_where_a_notification_about_it_would(self, searching: Searching):
        await searching.one_of_each("kitchen")
        found = await searching.found("client", "kitchen")
        places = {
            "message": "messages?focus={id}",
            "issue": "issues/{id}",
            "task": "tasks?focus={id}",
            "file": "files?focus={id}",
        }
        for each in found:
            place = places[each["kind"]].format(id=each["id"])
            assert each["route_path"] == f"/projects/{FIRST_PROJECT}/{place}"
        readable = {"message": "messages/{}", "issue": "issues/{}", "task": "tasks/{}", "file": "files/{}/meta"}
        for each in found:
            address = f"/api/{readable[each['kind']].format(each['id'])}"
            assert (await searching.as_person("client").get(address)).status_code == 200, address

    async def test_what_was_changed_is_found_by_what_it_says_now(self, searching: Searching):
        id_ = await searching.task("Tiles")
        await searching.world.execute("UPDATE client_portal.tasks SET title = 'Bricks' WHERE id = $1", id_)
        assert await searching.found("dev", "tiles") == []
        assert [each["id"] for each in await searching.found("dev", "bricks")] == [str(id_)]
