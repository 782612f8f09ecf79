"""The card for those who do not see it, and its contrast for those who do."""

from importlib.resources import files

from playwright.async_api import Page, expect
import pytest

from tests.card.given import Given, Show, given
from tests.card.test_card import ARRANGEMENTS

AXE = (files("axe_playwright_python") / "axe.min.js").read_text()


async def violations(page: Page) -> list[str]:
    """What the card does against the rules of accessibility, light and dark."""
    found: list[str] = []
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE)
    for dark in (False, True):
        await page.evaluate(f"document.body.classList.toggle('dark', {str(dark).lower()})")
        told = await page.evaluate("axe.run(given.card)")
        found += [f"{one['id']}: {one['nodes'][0]['html']}" for one in told["violations"]]
        assert told["passes"]
    return found


@pytest.mark.parametrize(("arrangement", "blocks", "size"), ARRANGEMENTS)
async def test_every_arrangement_keeps_the_rules(
    show: Show, arrangement: str, blocks: int, size: int
) -> None:
    page = await show(given(arrangement, blocks, size, cells=16))
    assert await violations(page) == []
    await page.locator(".tile").last.click()
    await page.get_by_text("Switch discharge off", exact=True).last.click()
    assert await violations(page) == []


@pytest.mark.parametrize("width", [320, 800])
async def test_trouble_keeps_the_rules(show: Show, width: int) -> None:
    bank = given(size=4)
    bank.silence(bank.batteries[1])
    bank.batteries[2] |= {"discharge_enabled": False, "refused": ["A protection is active"]}
    bank.state(bank.batteries[2], "discharge", "off")
    bank.branches[0] |= {"share": 0.6, "excess": 8.0}
    for index, severity in enumerate(("error", "warning", "note", "note")):
        bank.find(index, severity)
    page = await show(bank, width=width)
    assert await violations(page) == []
    await page.locator(".tile").nth(2).click()
    await page.get_by_text("Switch discharge on", exact=True).last.click()
    assert await violations(page) == []


async def test_without_a_bank_the_rules_are_kept(show: Show) -> None:
    assert await violations(await show(Given(None, error="choose"))) == []


@pytest.mark.parametrize(
    ("arrangement", "blocks", "size", "says"),
    [
        ("parallel", 1, 3, "3 batteries in parallel"),
        ("series", 1, 4, "4 batteries in series"),
        ("parallel_groups", 3, 2, "3 groups in series, each of 2 batteries in parallel"),
        ("series_strings", 2, 3, "2 strings in parallel, each of 3 batteries in series"),
    ],
)
async def test_the_wiring_is_told_in_words(
    show: Show, arrangement: str, blocks: int, size: int, says: str
) -> None:
    page = await show(given(arrangement, blocks, size))
    drawing = page.get_by_role("group", name=f"The wiring: {says}", exact=True)
    await expect(drawing.get_by_role("img")).to_have_count(blocks * size)


async def test_what_a_line_shows_is_told_in_words(show: Show) -> None:
    bank = given(size=4)
    for battery, current in zip(bank.batteries, ("12", "-12", "0.1", "0"), strict=True):
        bank.state(battery, "current", current)
    bank.silence(bank.batteries[3])
    page = await show(bank)
    lines = page.get_by_role("img")
    told = [await line.get_attribute("aria-label") for line in await lines.all()]
    assert told == [
        "takes current", "gives current", "carries next to no current", "current not known",
    ]  # fmt: skip
