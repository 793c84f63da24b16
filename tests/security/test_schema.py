"""The OpenAPI document is true: what it allows, and much that it does not, is answered as it says, to every role."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.configuration import set_hypothesis_home_dir
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.core.failures import Failure
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi import checks

from app.main import create_app
from tests import sse
from tests.portal import Portal
from tests.security.cast import Cast
from tests.security.rules import RULES, Params, things

ROLES = ("client", "dev", "pm", "admin")
EXAMPLES = {GenerationMode.POSITIVE: 6, GenerationMode.NEGATIVE: 3}
"""Of each operation, for each role."""

CHECKS = [
    schemathesis.checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]


@pytest.fixture
def quiet_hypothesis(tmp_path: Path) -> None:
    """What it keeps between runs stays out of the work tree; with one seed there is nothing to keep."""
    set_hypothesis_home_dir(tmp_path)


@pytest.fixture
async def named(cast: Cast) -> dict[str, dict[str, Params]]:
    """Ids that exist: those that are made up are all absent."""
    return await things(cast)


@pytest.fixture
async def headers_of(cast: Cast) -> dict[str, dict[str, str]]:
    return {role: await cast.headers(role, "a session by bearer") for role in ROLES}


@pytest.mark.usefixtures("quiet_hypothesis")
def test_every_answer_is_one_that_the_document_names(
    run_portal: Callable[..., Portal],
    cast: Cast,
    named: dict[str, dict[str, Params]],
    headers_of: dict[str, dict[str, str]],
):
    portal = run_portal()
    document = create_app(cast.world.settings()).openapi()
    # The stream does not end, so no answer of it can be held to a schema: tests/realtime reads its frames.
    schema = schemathesis.openapi.from_dict(document).exclude(path=sse.PATH)
    failures: dict[str, str] = {}
    with requests.Session() as session:
        operations = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
        assert {each.label for each in operations} == _documented(document) - {f"GET {sse.PATH}"}
        # Signing out comes last: it ends what all the others are asked with.
        for operation in sorted(operations, key=lambda each: RULES[each.label].ends_session):
            for mode in EXAMPLES:
                existing = list(named[RULES[operation.label].of].values())
                with suppress(Unsatisfiable):  # nothing can be wrong with what takes nothing
                    for case in _examples(operation, mode, existing):
                        for role in ROLES:
                            if mode is GenerationMode.POSITIVE:
                                _put_address_in(case, role)
                            answer = case.call(base_url=portal.url, session=session, headers=dict(headers_of[role]))
                            try:
                                case.validate_response(answer, checks=CHECKS)
                            except* Failure as group:
                                failures[f"{operation.label} as {role}, {mode.value}"] = str(group.exceptions[0])
    assert not failures, "\n\n".join(f"{case}:\n{failure}" for case, failure in failures.items())


def _documented(document: dict[str, Any]) -> set[str]:
    return {f"{method.upper()} {path}" for path, operations in document["paths"].items() for method in operations}


def _examples(
    operation: APIOperation[Any, Any, Any, Any], mode: GenerationMode, existing: list[Params]
) -> list[Case[Any]]:
    """What to ask an operation with, the same each time: to make it up takes longer than all roles take to ask it."""
    cases = []

    @settings(
        max_examples=EXAMPLES[mode],
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode), ids=st.sampled_from(existing))
    def collect(case: Case[Any], ids: Params) -> None:
        if mode is GenerationMode.POSITIVE:
            _put_in(ids, case)
        cases.append(case)

    collect()
    return cases


def _put_in(ids: Params, case: Case[Any]) -> None:
    """Ids that exist, in the path and the body."""
    for place in (case.path_parameters, case.body):
        if isinstance(place, dict):
            place.update({name: id_ for name, id_ in ids.items() if name in place})


def _put_address_in(case: Case[Any], role: str) -> None:
    """An address that nobody has, where the document only says that it is a text."""
    if isinstance(case.body, dict) and "email" in case.body:
        case.body["email"] = f"{role}-{case.id}@mail.example"
