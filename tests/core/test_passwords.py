"""Passwords are kept as argon2id, at a cost, and checked at the same cost for accounts that are not there."""

import time

import pytest
from passlib.context import CryptContext

from app.core.passwords import Passwords


@pytest.fixture
def costly(monkeypatch: pytest.MonkeyPatch) -> Passwords:
    monkeypatch.setattr("app.core.passwords.CryptContext", CryptContext)
    return Passwords()


async def test_a_hash_is_argon2id_with_64_mebibytes(costly: Passwords):
    assert (await costly.hash("a password")).startswith("$argon2id$v=19$m=65536,")


async def test_an_account_that_is_not_there_costs_a_guess_as_much(costly: Passwords):
    hashed = await costly.hash("a password")
    await costly.verify("wrong", None)  # makes what it compares with, once
    there, absent = [], []
    for _ in range(4):  # in turns, so that whatever else the machine does is in the way of both
        there.append(await _cost(costly, hashed))
        absent.append(await _cost(costly, None))
    assert 0.4 < min(absent) / min(there) < 2.5


async def _cost(passwords: Passwords, hashed: str | None) -> float:
    """Seconds of work, in whatever thread: the time that others had the processor does not count."""
    started = time.process_time()
    assert not await passwords.verify("wrong", hashed)
    return time.process_time() - started


async def test_only_the_right_password_is_right():
    passwords = Passwords()
    hashed = await passwords.hash("Grüße 文件 🦊")
    assert await passwords.verify("Grüße 文件 🦊", hashed)
    assert not await passwords.verify("grüße 文件 🦊", hashed)
    assert not await passwords.verify("", hashed)
