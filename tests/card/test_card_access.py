"""The card for those who do not see it."""

from playwright.async_api import expect
import pytest

from tests.card.given import Show, given


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
