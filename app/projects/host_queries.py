"""SQL around HOST_MANAGERS_QUERY: the host's own statement as a part of ours, and what its answers change."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Subquery, column, delete, func, literal, select, text, tuple_
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.types import HOST_ID, HostId
from app.projects.models import ProjectMember
from app.projects.roles import PARTS_OF, MemberRole, Source

_LOCK = 0x706F7274616C  # "portal"

# A parameter stands where none of the others does: comments, strings, dollar-quoted strings, names.
_TOKEN = re.compile(
    r"""
      --[^\n]* | /\*.*?\*/
    | e'(?:[^'\\]|\\.|'')*' | '(?:[^']|'')*' | "(?:[^"]|"")*"
    | \$(?P<tag>(?:[^\W\d]\w*)?)\$.*?\$(?P=tag)\$
    | [^\W\d][\w$]*
    | (?P<parameter>\$1(?!\d))
    """,
    re.DOTALL | re.IGNORECASE | re.VERBOSE,
)


def cleaned(query: str) -> str:
    """The query without the semicolon that people end statements with."""
    return query.strip().rstrip(";").rstrip()


@cache
def differences_statement(query: str, *, of_one_project: bool) -> str:
    """What to change so that members with the source ``host`` are those whom the query names.

    One row for each change: whether somebody comes or goes, the project, the user. ``$1`` is the project, or there is
    no parameter. Who is a member by hand already stays what they are; who could not be a manager is left out.
    """
    subquery = _TOKEN.sub(lambda token: "portal_asked.id" if token["parameter"] else token[0], cleaned(query))
    roles = ", ".join(f"'{role}'" for role, parts in PARTS_OF.items() if MemberRole.MANAGER in parts)
    asked, had = ("WHERE id = $1::uuid", "AND had.project_id = $1::uuid") if of_one_project else ("", "")
    return f"""
        WITH assigned AS MATERIALIZED (
            SELECT DISTINCT portal_asked.id AS project_id, portal_answer.user_id
              FROM (SELECT id FROM public.projects {asked}) AS portal_asked
             CROSS JOIN LATERAL (
{subquery}
                  ) AS portal_answer (user_id)
              JOIN public.users AS portal_user ON portal_user.id = portal_answer.user_id
              LEFT JOIN client_portal.accounts AS portal_account ON portal_account.user_id = portal_answer.user_id
             WHERE portal_account.user_id IS NULL OR portal_account.role IN ({roles})
        )
        SELECT true AS comes, project_id, user_id
          FROM assigned
         WHERE NOT EXISTS (
               SELECT FROM client_portal.project_members AS had
                WHERE had.project_id = assigned.project_id AND had.user_id = assigned.user_id
         )
        UNION ALL
        SELECT false, project_id, user_id
          FROM client_portal.project_members AS had
         WHERE had.source = '{Source.HOST}' {had} AND NOT EXISTS (
               SELECT FROM assigned WHERE assigned.project_id = had.project_id AND assigned.user_id = had.user_id
         )
    """  # noqa: S608 (the query is the operator's, checked at start, and runs where nothing can be written)


@dataclass(frozen=True, slots=True, order=True)
class Assignment:
    """A person whom the host makes a project's manager."""

    project_id: HostId
    user_id: HostId


@dataclass(frozen=True, slots=True)
class Differences:
    """Who comes and who goes."""

    coming: list[Assignment]
    going: list[Assignment]


async def differences(
    connection: AsyncConnection, query: str, project_id: HostId | None, seconds: float
) -> Differences:
    """What the query says should change, of one project or of all.

    Within a savepoint that is taken back: nothing can be written there, it lasts no longer than ``seconds``, and when
    it fails the transaction goes on.
    """
    statement = differences_statement(query, of_one_project=project_id is not None)
    await connection.execute(text("SAVEPOINT host_query"))
    try:
        rows = await _read_only(connection, statement, () if project_id is None else (project_id,), seconds)
    except Exception:
        # Not when the task is cancelled: the connection is of no use then.
        await connection.execute(text("ROLLBACK TO SAVEPOINT host_query"))
        raise
    await connection.execute(text("ROLLBACK TO SAVEPOINT host_query"))
    return Differences(
        coming=sorted(Assignment(row[1], row[2]) for row in rows if row[0]),
        going=sorted(Assignment(row[1], row[2]) for row in rows if not row[0]),
    )


async def _read_only(
    connection: AsyncConnection, statement: str, parameters: tuple[HostId, ...], seconds: float
) -> list[Any]:
    limits = select(
        func.set_config("transaction_read_only", "on", True),
        func.set_config("statement_timeout", str(int(seconds * 1000)), True),
    )
    await connection.execute(limits)
    return list(await connection.exec_driver_sql(statement, parameters))


def _unnested(assignments: Sequence[Assignment]) -> Subquery:
    """The assignments as rows."""
    project_ids = literal([each.project_id for each in assignments], ARRAY(HOST_ID))
    user_ids = literal([each.user_id for each in assignments], ARRAY(HOST_ID))
    rows = func.unnest(project_ids, user_ids).table_valued(
        column("project_id", HOST_ID), column("user_id", HOST_ID), name="places"
    )
    return select(rows.render_derived()).subquery()


async def hosts_members(connection: AsyncConnection) -> list[Assignment]:
    """Everybody who is a member because the host said so."""
    statement = select(ProjectMember.project_id, ProjectMember.user_id).where(ProjectMember.source == Source.HOST)
    return sorted(Assignment(*row) for row in await connection.execute(statement))


async def take_turn(connection: AsyncConnection) -> bool:
    """Whether no other process is at it; then it is this transaction's turn until its end."""
    return bool((await connection.execute(select(func.pg_try_advisory_xact_lock(_LOCK)))).scalar_one())


async def insert_assigned(connection: AsyncConnection, assignments: Sequence[Assignment]) -> list[Assignment]:
    """Makes these people managers; answers who was not a member yet."""
    places = _unnested(assignments)
    rows = select(
        places.c.project_id, places.c.user_id, literal(MemberRole.MANAGER.value), literal(Source.HOST.value)
    ).order_by(places.c.project_id, places.c.user_id)
    statement = (
        insert(ProjectMember)
        .from_select(["project_id", "user_id", "role", "source"], rows)
        .on_conflict_do_nothing()
        .returning(ProjectMember.project_id, ProjectMember.user_id)
    )
    return sorted(Assignment(*row) for row in await connection.execute(statement))


async def delete_assigned(connection: AsyncConnection, assignments: Sequence[Assignment]) -> list[Assignment]:
    """Takes these people out; answers who was still in by the host's word. In order, so that two do not deadlock."""
    places = _unnested(assignments)
    held = (
        select(ProjectMember.project_id, ProjectMember.user_id)
        .where(
            tuple_(ProjectMember.project_id, ProjectMember.user_id).in_(select(places.c.project_id, places.c.user_id)),
            ProjectMember.source == Source.HOST,
        )
        .order_by(ProjectMember.project_id, ProjectMember.user_id)
        .with_for_update()
        .cte("held")
    )
    statement = (
        delete(ProjectMember)
        .where(ProjectMember.project_id == held.c.project_id, ProjectMember.user_id == held.c.user_id)
        .returning(ProjectMember.project_id, ProjectMember.user_id)
    )
    return sorted(Assignment(*row) for row in await connection.execute(statement))
