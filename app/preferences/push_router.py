"""HTTP of web push: each browser's own subscription."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from app.accounts.auth import Caller
from app.core.http import InDatabase
from app.core.problems import documented
from app.preferences.push_schemas import NewSubscription, PushSetup, SubscriptionAt
from app.preferences.subscriptions import SubscriptionService

router = APIRouter(prefix="/api/notifications/push", tags=["preferences"], responses=documented(401, 403))


async def _service(request: Request) -> SubscriptionService:
    service: SubscriptionService = request.app.state.subscriptions
    return service


Service = Annotated[SubscriptionService, Depends(_service)]


@router.get("")
async def read_push(_: Caller, service: Service) -> PushSetup:
    """Whether there is push here, and the key to subscribe with."""
    return PushSetup(public_key=service.public_key)


@router.post(
    "/subscriptions",
    status_code=201,
    responses={200: {"model": SubscriptionAt, "description": "Subscribed before"}, **documented(409)},
)
async def subscribe(
    subscription: NewSubscription, caller: Caller, service: Service, database: InDatabase, response: Response
) -> SubscriptionAt:
    """The caller is told in this browser from now on, and whoever was before is not any more."""
    if not await service.is_new(caller.user_id, subscription):
        response.status_code = 200
    async with database.transaction() as transaction:
        await service.subscribe(transaction, caller.user_id, subscription)
    return SubscriptionAt(endpoint=subscription.endpoint)


@router.delete("/subscriptions", status_code=204)
async def unsubscribe(subscription: SubscriptionAt, caller: Caller, service: Service, database: InDatabase) -> None:
    """The caller is not told in this browser any more; again is without effect."""
    async with database.transaction() as transaction:
        await service.unsubscribe(transaction, caller.user_id, subscription.endpoint)
