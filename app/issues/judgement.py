"""What somebody may change of an issue, and what can be changed now."""

from collections.abc import Mapping

from app.accounts.principal import Principal
from app.accounts.roles import Permission
from app.core.errors import Conflict, Forbidden, Invalid
from app.issues.queries import StoredIssue
from app.issues.schemas import IssuePatch
from app.issues.statuses import FOLLOWED_BY, NEED_A_REASON, IssueStatus


def require_authority(actor: Principal, held: StoredIssue, patch: IssuePatch) -> None:
    """Raises ``Forbidden`` for a text that is not the actor's own, or a status that their role does not decide."""
    if patch.text() and not _may_write(actor, held):
        raise Forbidden("Only who raised it can change what it says.")
    if patch.status is not None and not actor.may(Permission.WORK):
        raise Forbidden("Your role does not allow a change of status.")


def _may_write(actor: Principal, held: StoredIssue) -> bool:
    is_own = held.author_id == actor.user_id or actor.may(Permission.ADMINISTER)
    return is_own and actor.may(Permission.RAISE_ISSUES)


def differences(held: StoredIssue, patch: IssuePatch) -> dict[str, str]:
    """What the patch would change: a status that it has already is no news, whatever reason is given."""
    given = patch.text() if patch.status is None else patch.text() | {"status": patch.status.value}
    return {field: value for field, value in given.items() if value != getattr(held, field)}


def require_possible(held: StoredIssue, changes: Mapping[str, str], reason: str | None) -> None:
    """Raises ``Conflict`` if what it is now does not allow these changes, ``Invalid`` if the reason is missing."""
    status = changes.get("status")
    if status in NEED_A_REASON and reason is None:
        message = f"Say why it becomes {status}"
        raise Invalid(f"reason: {message}.", errors=[{"loc": ["body", "reason"], "msg": message, "type": "missing"}])
    if changes.keys() - {"status"} and held.status != IssueStatus.OPEN:
        raise Conflict("What it says can be changed while it is open only.", slug="not-open")
    if status is not None and status not in FOLLOWED_BY[IssueStatus(held.status)]:
        raise Conflict(f"What is {held.status} cannot become {status}.", slug="status-step")
