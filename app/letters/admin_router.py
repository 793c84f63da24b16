"""HTTP of the outbox of e-mail for admins."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from app.accounts.administrator import Administrator
from app.core.http import InDatabase
from app.core.pagination import Listing, Paging
from app.core.problems import documented
from app.letters.admin import MailAdministration, allow, drop, retry, retry_dead, suppress
from app.letters.admin_schemas import (
    AddressQuery,
    Delivery,
    EmailsQuery,
    Letter,
    NewSuppression,
    Retried,
    SuppressedAddress,
)
from app.letters.items import QueuedEmail

router = APIRouter(prefix="/api/admin/mail", tags=["admin"], responses=documented(401, 403))

_LETTER_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox"
)
"""What a letter may do in the frame that shows it: look as it was written, and have its links opened elsewhere.

It runs nothing, so being of the same origin lets only the page around it read its height.
"""


async def _service(request: Request) -> MailAdministration:
    service: MailAdministration = request.app.state.mail_administration
    return service


Mail = Annotated[MailAdministration, Depends(_service)]


@router.get("")
async def list_emails(_: Administrator, mail: Mail, query: Annotated[EmailsQuery, Query()]) -> Listing[QueuedEmail]:
    """The e-mails of the outbox, newest first; those that ended more than a month ago are gone."""
    items, next_cursor = await mail.emails(query)
    return Listing(items=items, next_cursor=next_cursor)


@router.get("/delivery")
async def show_delivery(_: Administrator, mail: Mail) -> Delivery:
    """By which way e-mail leaves, and whether anything has been due for more than a quarter of an hour."""
    return await mail.delivery()


@router.post("/retry_dead")
async def retry_dead_emails(admin: Administrator, database: InDatabase) -> Retried:
    """Has every e-mail tried anew that is `dead`, but for those whose address is suppressed: they are left."""
    async with database.transaction() as transaction:
        return await retry_dead(transaction, admin)


@router.post("/{email_id}/retry", status_code=204, responses=documented(404, 409))
async def retry_email(email_id: UUID, admin: Administrator, database: InDatabase) -> None:
    """Has an e-mail tried anew, at once, that is `dead`, `not_sent` or `dropped`; one that is `retrying`, at once."""
    async with database.transaction() as transaction:
        await retry(transaction, admin, email_id)


@router.post("/{email_id}/drop", status_code=204, responses=documented(404, 409))
async def drop_email(email_id: UUID, admin: Administrator, database: InDatabase) -> None:
    """Gives up an e-mail that is still to be sent, or `dead`."""
    async with database.transaction() as transaction:
        await drop(transaction, admin, email_id)


@router.get("/{email_id}/letter", responses=documented(404))
async def read_letter(email_id: UUID, _: Administrator, mail: Mail) -> Letter:
    """The letter as it was written, where letters are kept as files instead of being sent."""
    return await mail.letter(email_id)


@router.get("/{email_id}/letter.html", response_class=HTMLResponse, responses=documented(404))
async def show_letter(email_id: UUID, _: Administrator, mail: Mail) -> HTMLResponse:
    """The HTML of that letter, to be shown in a frame: its links open in windows of their own."""
    return HTMLResponse(await mail.html_of_letter(email_id), headers={"content-security-policy": _LETTER_POLICY})


@router.get("/suppressions")
async def list_suppressions(_: Administrator, mail: Mail, query: Paging) -> Listing[SuppressedAddress]:
    """Addresses to which nothing is sent, in their own order: a server said that they take no mail, or an admin did."""
    items, next_cursor = await mail.suppressions(query.page())
    return Listing(items=items, next_cursor=next_cursor)


@router.post("/suppressions", status_code=204)
async def add_suppression(suppression: NewSuppression, admin: Administrator, database: InDatabase) -> None:
    """Sends nothing to an address any more, such as one whose e-mails come back after the server took them."""
    async with database.transaction() as transaction:
        await suppress(transaction, admin, suppression)


@router.delete("/suppressions", status_code=204, responses=documented(404))
async def lift_suppression(query: Annotated[AddressQuery, Query()], admin: Administrator, database: InDatabase) -> None:
    """Lets e-mail go to an address again."""
    async with database.transaction() as transaction:
        await allow(transaction, admin, query.address)
