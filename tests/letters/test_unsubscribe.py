"""The link in each e-mail that ends e-mail: by one click, without a sign-in, for whoever it was sent to."""

from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from itsdangerous import URLSafeSerializer

from app.core.errors import NotFound
from app.core.middleware import BODY_LIMIT
from app.letters.unsubscribe import UnsubscribeLinks
from tests.running import caller_of, is_problem
from tests.world import PEOPLE, SECRET, World, token

BASE = "http://portal.test"
LINKS = UnsubscribeLinks(BASE, SECRET)


@pytest.fixture
async def mailbox(app: FastAPI):
    """The recipient's mail server, which has no sign-in here and no cookies."""
    async with caller_of(app) as caller:
        yield caller


async def _with_email(world: World) -> set[UUID]:
    statement = "SELECT recipient_user_id FROM client_portal.notification_settings WHERE email_enabled"
    return {row[0] for row in await world.fetch(statement)}


class TestOneClick:
    async def test_ends_e_mail_and_nothing_else(self, mailbox: httpx.AsyncClient, world: World):
        settings = "SELECT * FROM client_portal.notification_settings WHERE recipient_user_id = $1"
        ((_, *before),) = await world.fetch(settings, PEOPLE["dev"])
        others = await _with_email(world) - {PEOPLE["dev"]}
        for _ in range(2):
            answer = await mailbox.post(LINKS.url(PEOPLE["dev"]), data={"List-Unsubscribe": "One-Click"})
            assert (answer.status_code, answer.json()) == (200, {"email_enabled": False})
        ((_, *after),) = await world.fetch(settings, PEOPLE["dev"])
        assert (before[0], after[0], after[1:]) == (True, False, before[1:])
        assert await _with_email(world) == others

    @pytest.mark.parametrize(
        ("content_type", "content"),
        [
            (None, b""),
            ("application/x-www-form-urlencoded", b"List-Unsubscribe=One-Click"),
            ("multipart/form-data; boundary=b", b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"'),
            ("application/json", b"{not json"),
            ("text/plain", b"\x00\xff" * 500_000),
        ],
        ids=["none", "form", "multipart", "json", "large"],
    )
    async def test_whatever_the_body_is(
        self, mailbox: httpx.AsyncClient, world: World, content_type: str | None, content: bytes
    ):
        headers = {"Content-Type": content_type} if content_type else {}
        answer = await mailbox.post(LINKS.url(PEOPLE["dev"]), content=content, headers=headers)
        assert answer.status_code == 200
        assert PEOPLE["dev"] not in await _with_email(world)

    async def test_a_body_over_the_limit_is_refused_unread(self, mailbox: httpx.AsyncClient, world: World):
        answer = await mailbox.post(LINKS.url(PEOPLE["dev"]), content=b"x" * (BODY_LIMIT + 1))
        assert answer.status_code == 413
        assert is_problem(answer)
        assert PEOPLE["dev"] in await _with_email(world)

    async def test_for_who_has_no_settings_and_no_account(self, mailbox: httpx.AsyncClient, world: World):
        await world.execute("DELETE FROM client_portal.notification_settings")
        await world.execute("DELETE FROM client_portal.accounts WHERE user_id = $1", PEOPLE["dev"])
        assert (await mailbox.post(LINKS.url(PEOPLE["dev"]))).json() == {"email_enabled": False}
        settings = "SELECT email_enabled, push_enabled, realtime_enabled FROM client_portal.notification_settings"
        assert [tuple(row) for row in await world.fetch(settings)] == [(False, False, True)]

    async def test_whom_the_host_has_let_go_is_not_found(self, mailbox: httpx.AsyncClient):
        answer = await mailbox.post(LINKS.url(uuid4()))
        assert answer.status_code == 404
        assert is_problem(answer)

    async def test_e_mail_that_is_switched_on_again_can_be_ended_by_an_old_link_again(
        self, mailbox: httpx.AsyncClient, world: World
    ):
        await mailbox.post(LINKS.url(PEOPLE["dev"]))
        await world.execute("UPDATE client_portal.notification_settings SET email_enabled = true")
        await mailbox.post(LINKS.url(PEOPLE["dev"]))
        assert PEOPLE["dev"] not in await _with_email(world)


def _token(person: str) -> str:
    return LINKS.url(PEOPLE[person]).partition("token=")[2]


class TestPage:
    """What the page asks for that the link leads to."""

    async def test_it_knows_whose_link_it_is_and_if_they_get_mail(self, mailbox: httpx.AsyncClient, world: World):
        before = await _with_email(world)
        for _ in range(2):
            answer = await mailbox.get("/api/unsubscribe", params={"token": _token("dev")})
            assert (answer.status_code, answer.json()) == (200, {"display_name": "Deniz Kaya", "email_enabled": True})
        assert await _with_email(world) == before

    async def test_it_switches_e_mail_off_and_on_again(self, mailbox: httpx.AsyncClient, world: World):
        others = await _with_email(world) - {PEOPLE["dev"]}
        for is_on in (False, False, True):
            body = {"token": _token("dev"), "email_enabled": is_on}
            answer = await mailbox.post("/api/unsubscribe", json=body)
            assert (answer.status_code, answer.json()) == (200, {"display_name": "Deniz Kaya", "email_enabled": is_on})
            assert (await mailbox.get("/api/unsubscribe", params={"token": _token("dev")})).json() == answer.json()
            assert await _with_email(world) == (others | {PEOPLE["dev"]} if is_on else others)

    async def test_no_cookie_counts_and_other_sites_learn_no_more_than_the_token_tells(
        self, mailbox: httpx.AsyncClient, world: World
    ):
        headers = {"Cookie": f"portal_session={token('admin')}", "Origin": "https://mail.example"}
        body = {"token": _token("dev"), "email_enabled": False}
        answer = await mailbox.post("/api/unsubscribe", json=body, headers=headers)
        assert answer.json()["display_name"] == "Deniz Kaya"
        assert "access-control-allow-origin" not in answer.headers

    async def test_who_has_no_settings_and_no_account_has_no_name(self, mailbox: httpx.AsyncClient, world: World):
        await world.execute("DELETE FROM client_portal.notification_settings")
        await world.execute("DELETE FROM client_portal.accounts WHERE user_id = $1", PEOPLE["dev"])
        answer = await mailbox.get("/api/unsubscribe", params={"token": _token("dev")})
        assert answer.json() == {"display_name": None, "email_enabled": False}

    async def test_whom_the_host_has_let_go_is_not_found(self, mailbox: httpx.AsyncClient):
        gone = LINKS.url(uuid4()).partition("token=")[2]
        answers = (
            await mailbox.get("/api/unsubscribe", params={"token": gone}),
            await mailbox.post("/api/unsubscribe", json={"token": gone, "email_enabled": True}),
        )
        assert [(answer.status_code, is_problem(answer)) for answer in answers] == [(404, True)] * 2


def _bad_tokens() -> dict[str, str]:
    good = LINKS.url(PEOPLE["dev"]).partition("token=")[2]
    content, _, signature = good.rpartition(".")
    other_content = LINKS.url(PEOPLE["client"]).partition("token=")[2].rpartition(".")[0]
    return {
        "none": "",
        "nonsense": "nonsense",
        "NUL": "\x00",
        "not cut whole": good[:-1],
        "without its signature": content,
        "another person's content": f"{other_content}.{signature}",
        "signed with another secret": UnsubscribeLinks(BASE, "x" * 40).url(PEOPLE["dev"]).partition("token=")[2],
        "signed for something else": str(URLSafeSerializer(SECRET, "another salt").dumps(str(PEOPLE["dev"]))),
        "a token of access": token("dev"),
        "very long": "x" * 20_000,
    }


@pytest.mark.parametrize("bad", _bad_tokens())
class TestBadTokens:
    async def test_are_not_found(self, mailbox: httpx.AsyncClient, world: World, bad: str):
        before = await _with_email(world)
        answer = await mailbox.post("/unsubscribe", params={"token": _bad_tokens()[bad]})
        assert answer.status_code == 404
        assert is_problem(answer)
        assert await _with_email(world) == before

    async def test_tell_the_page_nothing(self, mailbox: httpx.AsyncClient, world: World, bad: str):
        before = await _with_email(world)
        written = _bad_tokens()[bad]
        read = await mailbox.get("/api/unsubscribe", params={"token": written})
        changed = await mailbox.post("/api/unsubscribe", json={"token": written, "email_enabled": False})
        assert read.status_code == 404
        assert changed.status_code == (422 if bad in {"NUL", "very long"} else 404)
        assert is_problem(read)
        assert is_problem(changed)
        assert await _with_email(world) == before

    async def test_are_nobodys(self, bad: str):
        with pytest.raises(NotFound):
            LINKS.user_id(_bad_tokens()[bad])


async def test_without_a_token_nothing_is_found(mailbox: httpx.AsyncClient):
    assert (await mailbox.post("/unsubscribe")).status_code == 404


async def test_the_token_opens_nothing_else(mailbox: httpx.AsyncClient):
    access = LINKS.url(PEOPLE["dev"]).partition("token=")[2]
    answer = await mailbox.get("/api/auth/me", headers={"Authorization": f"Bearer {access}"})
    assert answer.status_code == 401


async def test_to_look_at_the_page_changes_nothing(mailbox: httpx.AsyncClient, world: World):
    """Programs that read mail follow links to see what is behind them."""
    for method in ("GET", "HEAD"):
        answer = await mailbox.request(method, LINKS.url(PEOPLE["dev"]))
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/html")
    assert PEOPLE["dev"] in await _with_email(world)


async def test_other_methods_are_refused(mailbox: httpx.AsyncClient):
    answer = await mailbox.delete(LINKS.url(PEOPLE["dev"]))
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, POST")
    assert is_problem(answer)


def test_a_link_is_short_and_needs_no_escaping():
    url = LINKS.url(PEOPLE["dev"])
    assert url.startswith(f"{BASE}/unsubscribe?token=")
    assert len(url) < 200
    assert str(httpx.URL(url)) == url
    assert LINKS.user_id(url.partition("token=")[2]) == PEOPLE["dev"]
