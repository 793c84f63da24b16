"""HTTP of sign-in and the own account."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from app.accounts.admin_schemas import PasswordByLink
from app.accounts.auth import COOKIE, Caller
from app.accounts.schemas import Credentials, Me, PasswordChange, SignedIn
from app.accounts.service import AccountService
from app.core.http import address_of
from app.core.problems import documented

router = APIRouter(prefix="/api/auth", tags=["auth"], responses=documented(401, 403))


async def _service(request: Request) -> AccountService:
    service: AccountService = request.app.state.accounts
    return service


Accounts = Annotated[AccountService, Depends(_service)]


@router.post("/login", responses=documented(429))
async def sign_in(credentials: Credentials, request: Request, response: Response, accounts: Accounts) -> SignedIn:
    """Opens a session: a token for programs, the same one as an HttpOnly cookie for browsers."""
    request.app.state.authenticator.refuse_cross_site(request)
    signed_in = await accounts.sign_in(credentials, address_of(request))
    response.set_cookie(
        COOKIE,
        signed_in.access_token,
        max_age=signed_in.expires_in,
        secure=request.app.state.is_https,
        httponly=True,
        samesite="lax",
    )
    return signed_in


@router.post("/logout", status_code=204)
async def sign_out(caller: Caller, request: Request, response: Response, accounts: Accounts) -> None:
    """Ends the session, its open streams included."""
    await accounts.sign_out(caller, address_of(request))
    response.delete_cookie(COOKIE, secure=request.app.state.is_https, httponly=True, samesite="lax")


@router.get("/me")
async def me(caller: Caller, accounts: Accounts) -> Me:
    """The own account."""
    return await accounts.me(caller)


@router.post("/password", status_code=204, responses=documented(429))
async def change_password(change: PasswordChange, caller: Caller, request: Request, accounts: Accounts) -> None:
    """Changes the own password; every other session of the caller ends."""
    await accounts.change_password(caller, change, address_of(request))


@router.post("/password_link", status_code=204, responses=documented(429))
async def set_password_by_link(change: PasswordByLink, request: Request, accounts: Accounts) -> None:
    """Sets the password of whom an admin made a one-time link for; every session of theirs ends."""
    request.app.state.authenticator.refuse_cross_site(request)
    await accounts.set_password_by_link(change, address_of(request))
