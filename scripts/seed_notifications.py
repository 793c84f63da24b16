"""Writes demo notifications for the managers of one project, and says what it wrote.

    DEMO_SEED=true DEMO_PROJECT_ID=... .venv/bin/python scripts/seed_notifications.py

Works on DATABASE_URL; without it, on the embedded database of a running `make run` (DATA_DIR, if that is set there).
"""

import asyncio
import sys

from app.core.errors import StartupError
from app.dev.seed import seed
from app.settings import load_settings


def main() -> None:
    try:
        seeded = asyncio.run(seed(load_settings()))
    except StartupError as error:
        sys.exit(f"seed_notifications: {error}")
    for each in seeded:
        print(f"{each.event.type:<15} for {each.recipient}: {each.event.title}")
    print(f"{len(seeded)} notifications written.")


if __name__ == "__main__":
    main()
