"""The card on a real dashboard, also when the page's own program comes late."""

import asyncio
from pathlib import Path

from playwright.async_api import Route, expect

from tests.e2e.boat import launch
from virtual_bank.browser import open_page
from virtual_bank.installation import DASHBOARD, add_dashboard

LATE = 2.0
"""Seconds; Home Assistant's page then replaces the registry of elements after the card is loaded."""


async def test_the_card_is_there_even_if_the_page_starts_slowly(tmp_path: Path) -> None:
    async with launch("in_sync", tmp_path / "boat", speed=10) as boat:
        home = boat.home
        await add_dashboard(home)
        async with open_page(home) as page:
            mistakes: list[str] = []
            page.on("pageerror", lambda error: mistakes.append(str(error)))

            async def late(route: Route) -> None:
                await asyncio.sleep(LATE)
                await route.continue_()

            await page.route("**/app.*.js", late)
            await page.goto(f"{home.url}/{DASHBOARD}")
            shown = page.locator("lifepo4-bank-card")
            await expect(shown.locator(".tile")).to_have_count(2, timeout=60_000)
            await expect(shown.locator(".pill")).to_have_text("In sync")
            await expect(shown.get_by_text("All batteries work together.")).to_be_visible()
            await shown.locator(".tile").first.click()
            await expect(shown.get_by_text("8 cells")).to_be_visible()
            assert mistakes == []
