"""The article's story in Home Assistant's own page, clicked through in a real browser."""

from pathlib import Path

from playwright.async_api import Locator, Page, expect
import pytest

from tests.e2e.boat import Boat, launch
from virtual_bank.browser import open_page
from virtual_bank.home_assistant import wait_for
from virtual_bank.installation import set_options

SPEED = 10.0
MINUTE = 60_000
"""Milliseconds."""


async def _issue(boat: Boat, kind: str) -> None:
    """Wait until there is a repair issue of this kind."""

    async def there() -> bool:
        return any(kind in issue["issue_id"] for issue in await boat.view.issues())

    await wait_for(there, 120, f"a repair issue about {kind}")


async def _gone(boat: Boat) -> None:
    async def none() -> bool:
        return not await boat.view.issues()

    await wait_for(none, 120, "all repair issues to clear by themselves")


async def _open_repair(boat: Boat, page: Page, title: str) -> Locator:
    """Open the guided repair of an issue, as its owner does."""
    await page.goto(f"{boat.home.url}/config/repairs")
    await page.get_by_text(title).first.click(timeout=MINUTE)
    return page.get_by_role("dialog").first


async def _picture(page: Page, folder: Path, name: str) -> None:
    """Keep what the page showed; pytest's folder of this test has it."""
    await page.screenshot(path=folder / f"{name}.png")


async def test_a_battery_stuck_in_standby_is_brought_back_by_resync(tmp_path: Path) -> None:
    async with launch("standby", tmp_path / "boat", speed=SPEED) as boat:
        # This boat's computer has a battery of its own: nothing but the bank goes dark.
        await set_options(
            boat.home, boat.view.entry_id,
            max_parallel=4, max_series=4, powers_home_assistant=False,
        )  # fmt: skip
        await _issue(boat, "not_participating")
        async with open_page(boat.home) as page:
            dialog = await _open_repair(boat, page, "is cut off from the bank")
            await expect(page.get_by_text("carries nothing").first).to_be_visible(timeout=MINUTE)
            await _picture(page, tmp_path, "repair")
            await page.get_by_text("Done, go on").first.click()
            await page.get_by_text("Share the load out anew now").click(timeout=MINUTE)
            await expect(page.get_by_text("is on again").first).to_be_visible(timeout=MINUTE)
            await _picture(page, tmp_path, "resync")
            for _ in range(4):
                await page.get_by_text("Done, go on").first.click(timeout=MINUTE)
            await expect(page.get_by_text("Has it helped?").first).to_be_visible(timeout=MINUTE)
            await _gone(boat)
            assert dialog is not None
        state = await boat.virtual.state()
        assert all(abs(b["truth"]["current"]) > 5 for b in state["batteries"])
        assert boat.complaints() == []


async def test_a_battery_that_was_left_off_is_switched_on_in_the_repair(tmp_path: Path) -> None:
    async with launch("discharge_off", tmp_path / "boat", speed=SPEED) as boat:
        await _issue(boat, "not_participating")
        async with open_page(boat.home) as page:
            await _open_repair(boat, page, "Discharge of")
            await page.get_by_text("Switch discharge on now").click(timeout=MINUTE)
            await expect(
                page.get_by_text("the battery confirms that it is on").first
            ).to_be_visible(timeout=MINUTE)
            await _picture(page, tmp_path, "enable")
            await _gone(boat)
        state = await boat.virtual.state()
        assert all(b["reading"]["discharge_enabled"] for b in state["batteries"])
        assert boat.complaints() == []


@pytest.mark.parametrize("scenario", ["protection"])
async def test_a_battery_in_protection_is_led_through_the_whole_procedure(
    scenario: str, tmp_path: Path
) -> None:
    async with launch(scenario, tmp_path / "boat", speed=SPEED) as boat:
        await _issue(boat, "protection")
        async with open_page(boat.home) as page:
            await _open_repair(boat, page, "protects itself")
            steps = ["Take the batteries apart", "Look at each battery"]
            for step in steps:
                await expect(page.get_by_text(step).first).to_be_visible(timeout=MINUTE)
                await page.get_by_text("Done, go on").first.click()
            await _picture(page, tmp_path, "wake")
            # The owner does what the page says: it gets warm.
            await boat.virtual.set("all", temperature=20.0, ambient=20.0, clear=True)
            await _gone(boat)
        assert boat.complaints() == []
