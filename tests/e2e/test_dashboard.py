"""The card on a real dashboard, also when the page's own program comes late."""

import asyncio
from pathlib import Path

from playwright.async_api import Route, expect

from tests.e2e.boat import launch
from virtual_bank.browser import open_page
from virtual_bank.installation import BEGIN_BEFORE, DASHBOARD, add_dashboard

SPEED = 10
LATE = 2.0
"""Seconds; Home Assistant's page then replaces the registry of elements after the card is loaded."""


async def test_the_card_is_there_even_if_the_page_starts_slowly(tmp_path: Path) -> None:
    async with launch("in_sync", tmp_path / "boat", speed=SPEED) as boat:
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


async def test_an_open_page_outlives_a_restart_and_the_bank_s_absence(tmp_path: Path) -> None:
    async with launch("in_sync", tmp_path / "boat", speed=SPEED) as boat:
        home = boat.home
        await add_dashboard(home)
        async with open_page(home) as page:
            await page.goto(f"{home.url}/{DASHBOARD}")
            shown = page.locator("lifepo4-bank-card")
            await expect(shown.locator(".tile")).to_have_count(2, timeout=60_000)
            await home.stop()
            await home.start(
                speed=SPEED, offset=(await boat.virtual.state())["time"] - BEGIN_BEFORE
            )
            # Only a card that is told of the bank again notices this.
            bank = boat.view.entry_id
            await home.ask("config_entries/disable", entry_id=bank, disabled_by="user")
            await expect(shown.get_by_text("There is no bank to show")).to_be_visible(
                timeout=60_000
            )
            await home.ask("config_entries/disable", entry_id=bank, disabled_by=None)
            await expect(shown.locator(".tile")).to_have_count(2, timeout=60_000)
            await expect(shown.locator(".seat[data-silent]")).to_have_count(0, timeout=60_000)
