"""Cursors: opaque, exact, and never a fault of ours whatever is sent in their place."""

import base64
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI

from app.core.errors import Invalid
from app.core.pagination import Cursor, cut
from tests.running import caller_of, is_problem
from tests.world import bearer


def _written(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


BAD = {
    "a word": "nonsense",
    "one letter": "a",
    "no base64": "!!!!",
    "letters beyond ASCII": "ä" * 30,
    "NUL": "\0",
    "an id alone": _written(uuid4().bytes),
    "an id cut short": _written(uuid4().bytes[:9]),
    "a key that is no number": _written(uuid4().bytes + b"name"),
    "digits of another script": _written(uuid4().bytes + "٣".encode()),
    "a negative time": _written(uuid4().bytes + b"-5"),
    "a time after all times": _written(uuid4().bytes + b"9" * 18),
    "a number of a thousand digits": _written(uuid4().bytes + b"9" * 1000),
    "a huge number behind zeros": _written(uuid4().bytes + b"0" * 20 + b"9" * 30),
    "no UTF-8": _written(uuid4().bytes + b"\xff"),
    "NUL in the key": _written(uuid4().bytes + b"1\0"),
    "too long": "A" * 5000,
    "spaces": "   ",
}


@pytest.mark.parametrize("cursor", BAD.values(), ids=BAD)
async def test_a_bad_cursor_is_refused(shared_app: FastAPI, cursor):
    async with caller_of(shared_app, headers=bearer("pm")) as pm:
        answer = await pm.get("/api/notifications", params={"cursor": cursor})
    assert answer.status_code == 422
    assert is_problem(answer)
    assert answer.json()["errors"][0]["loc"] == ["query", "cursor"]


@pytest.mark.parametrize("path", ["/api/notifications", "/api/projects"])
async def test_an_empty_cursor_is_the_first_page(shared_app: FastAPI, path):
    async with caller_of(shared_app, headers=bearer("pm")) as pm:
        assert (await pm.get(path, params={"cursor": ""})).json() == (await pm.get(path)).json()


@pytest.mark.parametrize("microsecond", [0, 1, 999_999])
def test_a_cursor_keeps_time_to_the_microsecond(microsecond):
    moment = datetime(2026, 11, 20, 23, 59, 59, microsecond, UTC)
    cursor = Cursor.decode(Cursor.at(moment, UUID(int=7)).encode())
    assert (cursor.moment, cursor.id) == (moment, UUID(int=7))


@pytest.mark.parametrize("name", ["a", "Zoë & Söhne / 文件 🦊", "x" * 1000])
def test_a_cursor_keeps_any_name(name):
    assert Cursor.decode(Cursor(name, UUID(int=7)).encode()) == Cursor(name, UUID(int=7))


def test_a_name_is_no_time():
    with pytest.raises(Invalid):
        _ = Cursor("a name", UUID(int=7)).moment


@pytest.mark.parametrize(("rows", "shown", "goes_on"), [(0, 0, False), (2, 2, False), (3, 2, True)])
def test_one_row_more_than_asked_for_means_another_page(rows, shown, goes_on):
    cut_rows, cursor = cut(list(range(rows)), 2, lambda row: Cursor(str(row), UUID(int=row)))
    assert len(cut_rows) == shown
    assert (cursor is not None) == goes_on
    if cursor is not None:
        assert Cursor.decode(cursor).key == "1"
