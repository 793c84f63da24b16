"""The audit log: what admins do, and who signs in."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.accounts import queries
from app.core.database import Transaction
from app.core.types import HostId


class Action(StrEnum):
    SIGNED_IN = "signed_in"
    SIGNED_OUT = "signed_out"
    SIGN_IN_REFUSED = "sign_in_refused"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 (a word, not a secret)
    PASSWORD_LINK_MADE = "password_link_made"  # noqa: S105
    PASSWORD_SET_BY_LINK = "password_set_by_link"  # noqa: S105
    ACCOUNT_CREATED = "account_created"
    ACCOUNT_CHANGED = "account_changed"
    ACCOUNT_DEACTIVATED = "account_deactivated"
    ACCOUNT_REACTIVATED = "account_reactivated"
    MEMBER_ADDED = "member_added"
    MEMBER_CHANGED = "member_changed"
    MEMBER_REMOVED = "member_removed"
    EMAIL_RETRIED = "email_retried"
    EMAIL_DROPPED = "email_dropped"
    ADDRESS_ALLOWED = "address_allowed"
    ADDRESS_SUPPRESSED = "address_suppressed"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something, and from which network address; both None for a command at the server's own console."""

    user_id: HostId | None = None
    address: str | None = None


COMMAND = Actor()


async def record(
    transaction: Transaction,
    actor: Actor,
    action: Action,
    *,
    user_id: HostId | None = None,
    project_id: HostId | None = None,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Writes one entry in the transaction of what it speaks of. ``details`` never hold a secret."""
    await queries.insert_audit_entry(
        transaction.connection,
        actor_id=actor.user_id,
        address=actor.address,
        action=action.value,
        user_id=user_id,
        project_id=project_id,
        details=dict(details or {}),
    )


async def record_memberships(
    transaction: Transaction,
    actor: Actor,
    action: Action,
    places: Iterable[tuple[HostId, HostId]],
    details: Mapping[str, Any],
) -> None:
    """Writes one entry for each of these pairs of project and user, all in the same words."""
    common = {"actor_id": actor.user_id, "address": actor.address, "action": action.value, "details": dict(details)}
    entries = [common | {"project_id": project_id, "user_id": user_id} for project_id, user_id in places]
    await queries.insert_audit_entries(transaction.connection, entries)


async def record_of_many(
    transaction: Transaction, actor: Actor, action: Action, about: Iterable[tuple[HostId | None, Mapping[str, Any]]]
) -> None:
    """Writes one entry for each of these, about a user or nobody, with the details that go with it."""
    common: dict[str, Any] = {"actor_id": actor.user_id, "address": actor.address, "action": action.value}
    entries = [common | {"user_id": user_id, "details": dict(details)} for user_id, details in about]
    await queries.insert_audit_entries(transaction.connection, entries)
