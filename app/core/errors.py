"""The two ways to refuse: a command that cannot start, and a request that cannot be answered as asked."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any


class StartupError(Exception):
    """A fault that stops a command. Its message is one line that says what to do."""


class Problem(Exception):
    """A refused request, answered as ``application/problem+json`` (RFC 9457).

    Subclasses set ``status`` and ``slug``; ``detail`` says in one sentence what was wrong with this request. ``extra``
    are further members, which the type of the problem defines.
    """

    status = HTTPStatus.INTERNAL_SERVER_ERROR
    slug = "internal-error"

    def __init__(
        self,
        detail: str,
        *,
        errors: Sequence[Mapping[str, Any]] | None = None,
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = errors
        self.headers = headers
        self.extra = extra


class Unauthenticated(Problem):
    status = HTTPStatus.UNAUTHORIZED
    slug = "unauthenticated"


class Forbidden(Problem):
    status = HTTPStatus.FORBIDDEN
    slug = "forbidden"


class NotFound(Problem):
    """Out of reach and never there look the same: no detail of the thing is given."""

    status = HTTPStatus.NOT_FOUND
    slug = "not-found"

    def __init__(self, detail: str = "There is nothing here for you.") -> None:
        super().__init__(detail)


class Conflict(Problem):
    """What is asked for does not go with how things are now. ``slug`` may name the conflict."""

    status = HTTPStatus.CONFLICT
    slug = "conflict"

    def __init__(self, detail: str, *, slug: str | None = None, extra: Mapping[str, Any] | None = None) -> None:
        super().__init__(detail, extra=extra)
        if slug is not None:
            self.slug = slug


class Invalid(Problem):
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    slug = "invalid"


class TooMany(Problem):
    status = HTTPStatus.TOO_MANY_REQUESTS
    slug = "too-many-requests"


class Unavailable(Problem):
    status = HTTPStatus.SERVICE_UNAVAILABLE
    slug = "unavailable"
