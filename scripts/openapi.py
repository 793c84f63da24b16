"""Writes docs/openapi.json, the API of a portal that has the test-notify endpoints; or the file given."""

import json
import secrets
import sys
from pathlib import Path

from app.main import create_app
from app.settings import ROOT, Settings

FILE = ROOT / "docs" / "openapi.json"


def document() -> str:
    """The same on every machine, whatever its environment."""
    settings = Settings.model_construct(
        database_url="postgresql://nowhere/", jwt_secret=secrets.token_hex(32), notify_test_endpoints=True
    )
    return json.dumps(create_app(settings).openapi(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    file = Path(sys.argv[1]) if len(sys.argv) > 1 else FILE
    file.parent.mkdir(exist_ok=True)
    file.write_text(document(), encoding="utf-8")
