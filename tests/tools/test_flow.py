"""The requirement's six steps, as a person runs them: by curl, and by Postman's newman."""

from collections.abc import Iterator

import pytest

from app.dev.demo import SECOND_PROJECT
from tests.portal import Portal
from tests.tools.commands import ROOT, Done, on, run, succeeds
from tests.world import World, token

COLLECTION = ROOT / "postman" / "client-portal.postman_collection.json"
ENVIRONMENT = ROOT / "postman" / "client-portal.postman_environment.json"
NEWMAN = ROOT / "frontend" / "node_modules" / ".bin" / "newman"


@pytest.fixture(scope="module")
def url(shared_world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a portal that runs."""
    with Portal(tmp_path_factory.mktemp("portal"), NOTIFY_TEST_ENDPOINTS="true", **on(shared_world)) as portal:
        yield portal.url


def curl_flow(url: str, **environment: str) -> Done:
    return run(ROOT / "scripts" / "notification-flow.sh", BASE_URL=url, **environment)


def newman(url: str, *options: str) -> Done:
    return run(
        ROOT / "scripts" / "with-node", NEWMAN, "run", COLLECTION, "--environment", ENVIRONMENT,
        "--env-var", f"baseUrl={url}", "--color", "off", "--disable-unicode", *options,
    )  # fmt: skip


def test_by_curl_with_a_sign_in_and_again_with_a_token(url: str) -> None:
    for credentials in ({}, {"TOKEN": token("pm")}):
        printed = succeeds(curl_flow(url, **credentials))
        assert printed.endswith("All steps passed.\n")
        assert [line[0] for line in printed.splitlines() if line[0].isdigit()][-6:] == list("123456")


def test_by_curl_it_fails_at_the_step_that_fails(url: str) -> None:
    wrong_project = curl_flow(url, PROJECT_ID=str(SECOND_PROJECT))
    assert wrong_project.returncode == 1
    assert wrong_project.stdout.splitlines()[-1] == "1. A client creates an issue"
    assert wrong_project.stderr.startswith("  FAILED: the answer is 404, not 204")
    wrong_password = curl_flow(url, PASSWORD="not the password")
    assert wrong_password.returncode == 1
    assert "401" in wrong_password.stderr


def test_by_curl_it_fails_for_a_person_who_is_not_told(url: str) -> None:
    admin = curl_flow(url, EMAIL="admin@example.com")
    assert admin.returncode == 1
    assert admin.stderr == "  FAILED: the count is 0, not 2\n"


def test_by_curl_it_fails_without_a_server() -> None:
    done = curl_flow("http://127.0.0.1:1")
    assert done.returncode == 1
    assert done.stderr.startswith("  FAILED: POST /api/auth/login: curl: (7)")


def test_by_newman_again_and_again(url: str) -> None:
    done = newman(url, "--iteration-count", "2")
    assert done.returncode == 0, done.stdout


def test_by_newman_it_fails_when_a_step_does(url: str) -> None:
    assert newman(url, "--bail", "--env-var", f"projectId={SECOND_PROJECT}").returncode == 1
