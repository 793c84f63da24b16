"""What axe finds, and whether a page is wider than its window."""

import json
from typing import Any

from playwright.async_api import Page


async def serious(page: Page, axe: str) -> list[str]:
    """The findings that keep somebody from using the page. ``axe`` is the source of axe-core."""
    # By the debugger, which a page's policy does not bind.
    await page.evaluate(axe)
    results: dict[str, Any] = json.loads(
        await page.evaluate("axe.run({resultTypes: ['violations']}).then(JSON.stringify)")
    )
    return [
        f"{violation['id']}: {node['target']} {node['failureSummary']}"
        for violation in results["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]


async def overflow(page: Page) -> int:
    """By how many pixels the page scrolls sideways."""
    return int(await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))
