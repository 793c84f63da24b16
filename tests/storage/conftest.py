"""A folder, and a bucket of a server that speaks S3: what holds for one must hold for the other."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import boto3
import pytest
from moto.server import ThreadedMotoServer

from app.storage.store import Storage


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """The address of the server."""
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The environment of somebody who may use the server, as the AWS tools read it; answers its address."""
    environment = {
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "eu-central-1",
        "AWS_ENDPOINT_URL": s3_server,
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return s3_server


@pytest.fixture
def bucket(s3: str) -> str:
    """The URL of a place in a bucket of one's own."""
    name = f"files-{uuid4().hex}"
    place = {"LocationConstraint": "eu-central-1"}
    boto3.client("s3", endpoint_url=s3, region_name="eu-central-1").create_bucket(
        Bucket=name, CreateBucketConfiguration=place
    )
    return f"s3://{name}/portal"


@pytest.fixture(params=["folder", "bucket"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    url = request.getfixturevalue("bucket") if request.param == "bucket" else (tmp_path / "files").as_uri()
    return Storage(url)
