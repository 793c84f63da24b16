"""Handing over to a real server, which does what servers do."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from app.core.relay import Relay
from app.mail.smtp import SmtpLane, trust
from app.outbox.courier import Refused, TryLater, Unreachable
from tests.mail.letters import SENDER, a_letter
from tests.outbox.limits import Limits
from tests.running import until
from tests.smtp import Act, Authority, SmtpServer, Step

BEFORE = [Step.GREETING, Step.EHLO, Step.MAIL]
"""Where nothing of the one e-mail has been said."""
AFTER = [Step.RCPT, Step.DATA, Step.BODY, Step.END]


async def test_a_letter_arrives_as_one_message_for_one_recipient(server: SmtpServer):
    letter = a_letter()
    async with lane_to(server) as lane:
        await lane.deliver(letter)
    [received] = server.received
    assert (received.sender, received.recipients) == (SENDER.address, [letter.to])
    assert received.message["Message-ID"] == f"<{letter.id}@portal.example.com>"
    assert received.text.replace("\r\n", "\n") == letter.text
    assert server.commands[-1] == (1, "QUIT")


async def test_many_go_by_one_connection_each_to_its_own_recipient(server: SmtpServer):
    letters = [a_letter(to=f"{number}@example.com") for number in range(20)]
    async with lane_to(server) as lane:
        for letter in letters:
            await lane.deliver(letter)
    assert server.connections == 1
    assert [each.recipients for each in server.received] == [[letter.to] for letter in letters]


async def test_lines_of_dots_and_very_long_ones_arrive(server: SmtpServer):
    letter = a_letter(text=".\n..\n" + "x" * 100_000 + "\n")
    async with lane_to(server) as lane:
        await lane.deliver(letter)
    assert server.received[0].text.replace("\r\n", "\n") == letter.text


class TestAConnectionThatIsThere:
    async def test_is_opened_anew_when_the_server_ended_it(self, server: SmtpServer):
        async with lane_to(server) as lane:
            await lane.deliver(a_letter())
            server.drop_all()
            await lane.deliver(a_letter())
        assert [each.connection for each in server.received] == [1, 2]

    @pytest.mark.parametrize(
        "behaviour",
        [Act.DROP, Act.HANG, "421 4.7.0 enough messages by this connection", "451 4.3.0 not this one"],
        ids=["drop", "hang", "421", "451"],
    )
    async def test_is_opened_anew_when_it_does_not_take_another(self, server: SmtpServer, behaviour: str):
        async with lane_to(server, limit=9) as lane:
            await lane.deliver(a_letter())
            server.once(Step.MAIL, behaviour)
            await lane.deliver(a_letter())
        assert [each.connection for each in server.received] == [1, 2]

    async def test_serves_the_next_one_after_a_refusal(self, server: SmtpServer):
        server.refusals["gone@example.com"] = "550 5.1.1 no such user"
        async with lane_to(server) as lane:
            for address in ("a@example.com", "gone@example.com", "b@example.com"):
                try:
                    await lane.deliver(a_letter(to=address))
                except Refused:
                    assert address == "gone@example.com"
        assert [(each.recipients, each.connection) for each in server.received] == [
            (["a@example.com"], 1),
            (["b@example.com"], 1),
        ]

    @pytest.mark.parametrize("behaviour", [Act.DROP, Act.HANG, "500 what?"], ids=["drop", "hang", "500"])
    async def test_is_let_go_when_it_cannot_be_reset(self, server: SmtpServer, behaviour: str):
        server.once(Step.DATA, "554 5.6.0 not this one")
        server.once(Step.RSET, behaviour)
        async with lane_to(server, farewell=0.2) as lane:
            with pytest.raises(Refused):
                await lane.deliver(a_letter())
            await lane.deliver(a_letter())
        assert [each.connection for each in server.received] == [2]


class TestAServerThatIsNotThere:
    async def test_is_unreachable_until_it_is_back(self, server: SmtpServer):
        server.down()
        async with lane_to(server) as lane:
            with pytest.raises(Unreachable):
                await lane.deliver(a_letter())
            server.up()
            await lane.deliver(a_letter())
        assert len(server.received) == 1

    async def test_has_a_name_that_nobody_knows(self):
        for host in ("nobody.invalid", "two..dots.invalid"):
            with pytest.raises(Unreachable):
                await SmtpLane(Relay.of(f"smtp://{host}:2525"), SENDER).deliver(a_letter())


class TestAServerThatDropsTheConnection:
    @pytest.mark.parametrize("step", BEFORE, ids=str)
    async def test_before_the_recipient_is_unreachable(self, server: SmtpServer, step: Step):
        await self._drops(server, step, Unreachable)
        assert [each.connection for each in server.received] == [2]

    @pytest.mark.parametrize("step", AFTER, ids=str)
    async def test_later_is_asked_again_for_this_one(self, server: SmtpServer, step: Step):
        await self._drops(server, step, TryLater)
        # Whoever goes after the whole message may have taken it: the second one has the same Message-ID.
        assert [each.connection for each in server.received] == ([1, 2] if step is Step.END else [2])
        assert len({each.message["Message-ID"] for each in server.received}) == 1

    async def _drops(self, server: SmtpServer, step: Step, fault: type[Exception]) -> None:
        letter = a_letter()
        server.once(step, Act.DROP)
        async with lane_to(server) as lane:
            with pytest.raises(fault):
                await lane.deliver(letter)
            await lane.deliver(letter)


class TestAServerThatHangs:
    @pytest.mark.parametrize("step", BEFORE, ids=str)
    async def test_before_the_recipient_is_unreachable(self, server: SmtpServer, step: Step):
        server.once(step, Act.HANG)
        async with lane_to(server, limit=0.3) as lane:
            with pytest.raises(Unreachable):
                await lane.deliver(a_letter())
            await until(lambda: not server.is_held)

    @pytest.mark.parametrize("step", AFTER, ids=str)
    async def test_later_is_asked_again_for_this_one(
        self, server: SmtpServer, step: Step, monkeypatch: pytest.MonkeyPatch
    ):
        limits = Limits()
        monkeypatch.setattr("app.mail.smtp.asyncio", limits)
        server.once(step, Act.HANG)
        async with lane_to(server) as lane:
            work = asyncio.create_task(lane.deliver(a_letter()))
            await until(lambda: not server._next[step])
            limits.run_out()
            with pytest.raises(TryLater, match=r"(RCPT|DATA): no answer within 60 s"):
                await work
            await until(lambda: not server.is_held)

    async def test_at_goodbye_keeps_nobody(self, server: SmtpServer):
        server.once(Step.QUIT, Act.HANG)
        async with lane_to(server, farewell=0.2) as lane:
            await lane.deliver(a_letter())
        await until(lambda: not server.is_held)

    async def test_lets_go_of_the_connection_when_the_work_is_cut_off(self, server: SmtpServer):
        server.once(Step.DATA, Act.HANG)
        async with lane_to(server) as lane:
            work = asyncio.create_task(lane.deliver(a_letter()))
            await until(lambda: (1, "DATA") in server.commands)
            work.cancel()
            with pytest.raises(asyncio.CancelledError):
                await work
            await until(lambda: not server.is_held)
            await lane.deliver(a_letter())


class TestWhatTheServerAnswers:
    @pytest.mark.parametrize("step", [Step.RCPT, Step.DATA, Step.END], ids=str)
    async def test_4xx_is_asked_again_and_taken_then(self, server: SmtpServer, step: Step):
        server.once(step, "450 4.2.0 greylisted")
        letter = a_letter()
        async with lane_to(server) as lane:
            with pytest.raises(TryLater, match=r"450 4\.2\.0 greylisted"):
                await lane.deliver(letter)
            await lane.deliver(letter)
        assert [each.connection for each in server.received] == [1]

    @pytest.mark.parametrize("step", [Step.GREETING, Step.EHLO, Step.MAIL], ids=str)
    async def test_4xx_for_all_is_unreachable(self, server: SmtpServer, step: Step):
        server.once(step, "450 4.3.2 no more for now")
        if step is Step.EHLO:
            server.once(step, "450 4.3.2 no more for now")
            server.once(Step.HELO, "450 4.3.2 no more for now")
        async with lane_to(server) as lane:
            with pytest.raises(Unreachable):
                await lane.deliver(a_letter())
            await lane.deliver(a_letter())
        assert [each.connection for each in server.received] == [2]

    @pytest.mark.parametrize("step", AFTER, ids=str)
    async def test_closing_down_is_unreachable_wherever_it_is_said(self, server: SmtpServer, step: Step):
        server.once(step, "421 4.3.2 closing down")
        async with lane_to(server) as lane:
            with pytest.raises(Unreachable):
                await lane.deliver(a_letter())
            await lane.deliver(a_letter())
        assert len(server.received) == 1

    async def test_5xx_to_the_message_is_for_good(self, server: SmtpServer):
        server.always(Step.END, "554 5.6.0 no")
        async with lane_to(server) as lane:
            with pytest.raises(Refused, match=r"DATA: 554 5\.6\.0 no"):
                await lane.deliver(a_letter())
        assert server.received == []

    async def test_5xx_to_the_sender_is_nobodys_fault_but_the_settings(self, server: SmtpServer):
        server.once(Step.MAIL, "553 5.7.1 not owned by user")
        async with lane_to(server) as lane:
            with pytest.raises(Unreachable, match="MAIL: 553"):
                await lane.deliver(a_letter())

    async def test_of_an_old_kind_that_knows_no_ehlo_is_enough_without_tls(self, server: SmtpServer):
        server.always(Step.EHLO, "502 what?")
        async with lane_to(server) as lane:
            await lane.deliver(a_letter())
        assert len(server.received) == 1


class TestAddressesBeyondAscii:
    async def test_are_refused_where_the_server_takes_none(self, server: SmtpServer):
        async with lane_to(server) as lane:
            with pytest.raises(Refused):
                await lane.deliver(a_letter(to="jürgen@example.com"))
            await lane.deliver(a_letter(to_name="Jürgen"))
        assert [each.recipients for each in server.received] == [["dev@example.com"]]

    async def test_are_written_as_they_are_where_it_does(self):
        with SmtpServer(smtputf8=True) as server:
            async with lane_to(server) as lane:
                await lane.deliver(a_letter(to="jürgen@müller.example"))
        assert server.received[0].recipients == ["jürgen@xn--mller-kva.example"]


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.mark.parametrize("encryption", ["starttls", "tls"])
class TestTls:
    async def test_with_a_certificate_of_a_named_authority(self, encryption: Any, authority: Authority, tmp_path: Path):
        with SmtpServer(encryption, authority.context(), users={"me@x": "p:w/ü%"}) as server:
            ca_file = authority.write(tmp_path)
            async with lane_to(server, server.url("me@x", "p:w/ü%"), ca_file=ca_file) as lane:
                await lane.deliver(a_letter())
                server.drop_all()
                await lane.deliver(a_letter())
        assert [(each.is_encrypted, each.login) for each in server.received] == [(True, "me@x")] * 2

    async def test_with_one_of_an_authority_that_nobody_knows_sends_nothing(
        self, encryption: Any, authority: Authority
    ):
        with SmtpServer(encryption, authority.context(), users={"me": "secret"}) as server:
            async with lane_to(server, server.url("me", "secret")) as lane:
                with pytest.raises(Unreachable, match="certificate verify failed"):
                    await lane.deliver(a_letter())
            assert_nothing_was_said(server)

    async def test_with_one_of_another_name_sends_nothing(self, encryption: Any, authority: Authority, tmp_path: Path):
        with SmtpServer(encryption, authority.context("mail.example.com"), users={"me": "secret"}) as server:
            async with lane_to(server, server.url("me", "secret"), ca_file=authority.write(tmp_path)) as lane:
                with pytest.raises(Unreachable, match="certificate verify failed"):
                    await lane.deliver(a_letter())
            assert_nothing_was_said(server)

    async def test_that_breaks_off_amid_the_handshake_is_unreachable(
        self, encryption: Any, authority: Authority, tmp_path: Path
    ):
        with SmtpServer(encryption, authority.context(), users={"me": "secret"}) as server:
            async with lane_to(server, server.url("me", "secret"), ca_file=authority.write(tmp_path)) as lane:
                server.once(Step.STARTTLS if encryption == "starttls" else Step.GREETING, Act.DROP)
                with pytest.raises(Unreachable):
                    await lane.deliver(a_letter())
                await lane.deliver(a_letter())

    @pytest.mark.parametrize("behaviour", [Act.DROP, Act.HANG, "454 4.7.0 later"], ids=["drop", "hang", "454"])
    async def test_sign_in_that_fails_is_unreachable(
        self, encryption: Any, authority: Authority, tmp_path: Path, behaviour: str
    ):
        with SmtpServer(encryption, authority.context(), users={"me": "secret"}) as server:
            url, ca_file = server.url("me", "secret"), authority.write(tmp_path)
            server.always(Step.AUTH, behaviour)
            async with lane_to(server, url, ca_file=ca_file, limit=1) as lane:
                with pytest.raises(Unreachable):
                    await lane.deliver(a_letter())
            assert server.received == []

    async def test_a_wrong_password_is_unreachable_and_told_without_it(
        self, encryption: Any, authority: Authority, tmp_path: Path
    ):
        with SmtpServer(encryption, authority.context(), users={"me": "secret"}) as server:
            url, ca_file = server.url("me", "mistyped"), authority.write(tmp_path)
            async with lane_to(server, url, ca_file=ca_file) as lane:
                with pytest.raises(Unreachable, match=r"535 5\.7\.8") as raised:
                    await lane.deliver(a_letter())
        assert "mistyped" not in str(raised.value)
        assert server.received == []


class TestNothingGoesInClear:
    @pytest.mark.parametrize("behaviour", [None, "454 4.7.0 no TLS now", Act.DROP], ids=["none", "454", "drop"])
    async def test_where_starttls_is_wanted_and_not_to_be_had(self, behaviour: str | None, authority: Authority):
        with SmtpServer(users={"me": "secret"}) if behaviour is None else starttls(authority) as server:
            if behaviour is not None:
                server.always(Step.STARTTLS, behaviour)
            url = f"smtp+starttls://me:secret@127.0.0.1:{server.port}"
            async with lane_to(server, url) as lane:
                for _ in range(2):
                    with pytest.raises(Unreachable):
                        await lane.deliver(a_letter())
            assert_nothing_was_said(server)

    async def test_where_the_server_speaks_no_tls_at_all(self, server: SmtpServer):
        async with lane_to(server, f"smtps://me:secret@127.0.0.1:{server.port}", limit=5) as lane:
            with pytest.raises(Unreachable):
                await lane.deliver(a_letter())
        assert_nothing_was_said(server)


async def test_a_password_for_a_server_of_this_machine_needs_no_tls():
    with SmtpServer(users={"me": "secret"}) as server:
        async with lane_to(server, server.url("me", "secret")) as lane:
            await lane.deliver(a_letter())
    assert [each.login for each in server.received] == ["me"]


def starttls(authority: Authority) -> SmtpServer:
    return SmtpServer("starttls", authority.context(), users={"me": "secret"})


def assert_nothing_was_said(server: SmtpServer) -> None:
    assert server.received == []
    assert {command for _, command in server.commands} <= {"EHLO", "STARTTLS", "QUIT"}


@asynccontextmanager
async def lane_to(
    server: SmtpServer, url: str | None = None, *, ca_file: Path | None = None, **limits: float
) -> AsyncIterator[SmtpLane]:
    relay = Relay.of(url or server.url())
    lane = SmtpLane(relay, SENDER, trust(ca_file) if relay.is_encrypted else None, **limits)
    try:
        yield lane
    finally:
        await lane.close()
