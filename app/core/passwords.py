"""Password hashing: argon2id, never on the event loop."""

from anyio import CapacityLimiter, to_thread
from passlib.context import CryptContext

# argon2 takes 64 MiB and a core for about 0.1 s: more at once would only starve the rest of the process.
_CONCURRENT_HASHES = 2


class Passwords:
    """Hashes and checks passwords in threads, a few at a time."""

    def __init__(self) -> None:
        self._context = CryptContext(schemes=["argon2"])
        self._limiter = CapacityLimiter(_CONCURRENT_HASHES)

    async def hash(self, password: str) -> str:
        return await to_thread.run_sync(self._context.hash, password, limiter=self._limiter)

    async def verify(self, password: str, hashed: str | None) -> bool:
        """Whether the password is right; takes as long for an account that does not exist (``hashed`` is None)."""
        if hashed is None:
            await to_thread.run_sync(self._context.dummy_verify, limiter=self._limiter)
            return False
        return await to_thread.run_sync(self._context.verify, password, hashed, limiter=self._limiter)
