"""How many wrong passwords are too many, per account and per network address."""

import hashlib
import ipaddress
import math
from datetime import timedelta

from app.accounts import queries
from app.core.database import Database
from app.core.errors import TooMany

WINDOW = timedelta(minutes=15)
MOST_PER_ACCOUNT = 10
MOST_PER_ADDRESS = 60


class SignInThrottle:
    """Counts an attempt as a failure before the password is looked at, so that parallel guesses all count.

    The answer depends on what was typed only, never on whether such an account exists.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def admit(self, email: str | None, address: str) -> None:
        """Raises ``TooMany`` once the account or the address has failed too often within the window.

        Without an e-mail address, where nobody says who they are, the network address alone counts.
        """
        limits = {_address_key(address): MOST_PER_ADDRESS}
        if email is not None:
            limits[_account_key(email)] = MOST_PER_ACCOUNT
        async with self._database.transaction() as transaction:
            counted = await queries.count_failures(transaction.connection, list(limits), WINDOW)
        waits = [each.seconds_left for each in counted if each.count > limits[each.key]]
        if waits:
            seconds = max(1, math.ceil(max(waits)))
            raise TooMany("Too many failed sign-ins; try again later.", headers={"Retry-After": str(seconds)})

    async def forgive(self, email: str, address: str) -> None:
        """Takes back what ``admit`` counted, after the right password."""
        async with self._database.transaction() as transaction:
            await queries.forgive(transaction.connection, _account_key(email), _address_key(address))
            await queries.purge_throttle(transaction.connection)


def _account_key(email: str) -> str:
    return f"account:{hashlib.sha256(email.lower().encode()).hexdigest()}"


def _address_key(address: str) -> str:
    """One key for an IPv6 network of /64: whoever has one of its addresses has them all."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "address:unknown"
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    if isinstance(parsed, ipaddress.IPv6Address):
        return f"address:{ipaddress.ip_network((parsed, 64), strict=False)}"
    return f"address:{parsed}"
