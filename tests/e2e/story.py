"""What the stories in the browser share."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
import os
from pathlib import Path
from typing import Any

from playwright.async_api import Page, expect

from tests.e2e.boat import Boat
from virtual_bank.browser import open_page
from virtual_bank.home_assistant import wait_for
from virtual_bank.installation import now

MINUTE = 60_000
"""Milliseconds."""
WIDTH, HEIGHT = 860, 680
"""Of the page: small enough to be read in the README."""
PICTURES = os.environ.get("STORY_PICTURES")
"""Where to keep the pictures that the README shows; pytest's folder of a test has all of its own.
STORY_PICTURES=docs/images .venv/bin/pytest tests/e2e/test_story.py tests/e2e/test_story_protection.py
"""
SHOWN = {
    "story-1-issue",
    "story-2-guided",
    "story-3-resync",
    "story-4-shares",
    "story-5-gone",
    "protection-check-each",
    "protection-align",
    "protection-no-current",
    "switched-off",
}


async def issue(boat: Boat, kind: str) -> None:
    """Wait until there is a repair issue of this kind."""

    async def there() -> bool:
        return any(kind in found["issue_id"] for found in await boat.view.issues())

    await wait_for(there, 120, f"a repair issue about {kind}")


async def gone(boat: Boat) -> None:
    """Wait until there is none any more."""

    async def none() -> bool:
        return not await boat.view.issues()

    await wait_for(none, 120, "all repair issues to clear by themselves")


async def truth(boat: Boat) -> list[dict[str, Any]]:
    """What the batteries truly are and what they tell, in the order of the bank."""
    state = await boat.virtual.state()
    return [battery["truth"] | battery["reading"] for battery in state["batteries"]]


class Reader:
    """Somebody who reads Home Assistant's pages and follows them."""

    def __init__(self, boat: Boat, page: Page, folder: Path) -> None:
        """Keep pictures in `folder`."""
        self.page = page
        self._boat = boat
        self._folder = folder

    async def goes(self, path: str) -> None:
        """Open a page, by a watch that shows the time-lapse's hour."""
        await self.page.clock.set_system_time(await now(self._boat.home))
        await self.page.goto(f"{self._boat.home.url}{path}")

    async def looks_back(self, entities: list[str], minutes: float) -> None:
        """Open the history of some entities."""
        end = await now(self._boat.home)
        since, until = (datetime.fromtimestamp(t, UTC) for t in (end - 60 * minutes, end))
        times = f"start_date={since:%Y-%m-%dT%H:%M:%SZ}&end_date={until:%Y-%m-%dT%H:%M:%SZ}"
        await self.goes(f"/history?entity_id={','.join(entities)}&{times}")
        await self.page.wait_for_timeout(2000)  # it is drawn slowly

    async def opens_repair(self, title: str, name: str | None = None) -> None:
        """Open the guided repair of an issue; `name` is that of a picture of the list."""
        await self.goes("/config/repairs")
        await self.sees(title)
        if name is not None:
            await self.keeps(name, height=220)
        await self.chooses(title)

    async def sees(self, *texts: str) -> None:
        """Wait until the page shows these texts."""
        for text in texts:
            await expect(self.page.get_by_text(text).first).to_be_visible(timeout=MINUTE)

    async def chooses(self, text: str) -> None:
        """Click on a text."""
        await self.page.get_by_text(text).first.click(timeout=MINUTE)

    async def chooses_until(self, choice: str, text: str, *, gone: bool = False) -> None:
        """Make a choice again and again until the page shows a text, or no longer shows it."""

        async def so() -> bool:
            await self.chooses(choice)
            await self.page.wait_for_timeout(1000)
            return await self.page.get_by_text(text).first.is_visible() is not gone

        await wait_for(so, 150, f"{text}{' to go' if gone else ''}")

    async def keeps(self, name: str, height: int = HEIGHT) -> None:
        """Keep a picture of the upper part of the page once everything has come to rest."""
        await self.page.wait_for_timeout(500)
        folders = [self._folder, Path(PICTURES)] if PICTURES and name in SHOWN else [self._folder]
        for folder in folders:
            await self.page.screenshot(
                path=folder / f"{name}.png",
                clip={"x": 0, "y": 0, "width": WIDTH, "height": height},
            )


@asynccontextmanager
async def reader_of(boat: Boat, folder: Path) -> AsyncIterator[Reader]:
    """Open a browser."""
    async with open_page(boat.home, width=WIDTH, height=HEIGHT) as page:
        await page.clock.install()
        yield Reader(boat, page, folder)
