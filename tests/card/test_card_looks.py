"""How the card looks: nothing is cut, torn apart or on top of something else."""

from collections.abc import Sequence
from itertools import pairwise

from playwright.async_api import FloatRect, Locator, expect
import pytest

from tests.card.given import Show, given


async def boxes(found: Locator) -> list[FloatRect]:
    """Where each of them is."""
    places = [await one.bounding_box() for one in await found.all()]
    assert places
    return [place for place in places if place]


def apart(places: Sequence[FloatRect]) -> bool:
    """Whether none covers a part of its successor, which is to its right or below it."""
    return all(
        one["x"] + one["width"] <= other["x"] + 1 or one["y"] + one["height"] <= other["y"] + 1
        for one, other in pairwise(places)
    )


@pytest.mark.parametrize(
    ("arrangement", "blocks", "size"), [("parallel", 1, 3), ("series_strings", 3, 2)]
)
async def test_a_busbar_is_one_line_also_where_the_words_below_are_long(
    show: Show, arrangement: str, blocks: int, size: int
) -> None:
    bank = given(arrangement, blocks, size)
    bank.branches[1] |= {"share": 0.02, "excess": -118.9}
    bank.batteries[0]["discharge_enabled"] = False
    page = await show(bank, width=320)
    ends = {place["y"] + place["height"] for place in await boxes(page.locator(".column"))}
    assert len(ends) == 1
    assert len({place["y"] for place in await boxes(page.locator(".share"))}) == 1


async def test_groups_in_series_are_joined_by_a_line(show: Show) -> None:
    page = await show(given("parallel_groups", 3, 2))
    rows = await boxes(page.locator(".row"))
    links = (await boxes(page.locator(".share")))[::2]
    for link, lower in zip(links, rows[1:], strict=False):
        assert link["y"] + link["height"] == pytest.approx(lower["y"])
    widths = "(share) => getComputedStyle(share).borderInlineStartWidth"
    shares = await page.locator(".share").all()
    assert [await share.evaluate(widths) for share in shares] == ["4px", "0px"] * 2 + ["0px"] * 2


@pytest.mark.parametrize("width", [320, 460, 800])
async def test_numbers_of_many_batteries_are_whole_and_beside_each_other(
    show: Show, width: int
) -> None:
    bank = given(size=8)
    for battery in bank.batteries:
        bank.state(battery, "current", "-118.4")
    page = await show(bank, width=width)
    for tile in await page.locator(".tile").all():
        places = await boxes(tile.locator(".soc, .current"))
        assert len(places) == 2, "both are seen"
        assert max(place["height"] for place in places) < 25, "in one line"
        assert apart(places)
    assert await page.locator(".tile").last.evaluate("(one) => one.scrollWidth <= one.clientWidth")


@pytest.mark.parametrize(("cells", "width"), [(4, 320), (16, 320), (16, 800)])
async def test_each_cell_has_its_place_however_alike_they_are(
    show: Show, cells: int, width: int
) -> None:
    page = await show(given(cells=cells), width=width)
    await page.locator(".tile").first.click()
    marks = page.locator("details[open] .dots i")
    await expect(marks).to_have_count(cells)
    assert apart(await boxes(marks))
    low, high = [(await boxes(marks.filter(has_text=mark)))[0] for mark in "▼▲"]
    assert high["y"] < low["y"]


async def test_a_battery_that_carries_nothing_has_a_bar_that_is_seen(show: Show) -> None:
    bank = given()
    bank.branches[0] |= {"share": 0.0, "excess": -10.0}
    page = await show(bank)
    line = "(bar) => getComputedStyle(bar).outlineStyle"
    bars = page.locator(".bar")
    assert [await bars.nth(index).evaluate(line) for index in (0, 1)] == ["solid", "none"]


async def test_the_first_lines_stay_two_on_a_phone(show: Show) -> None:
    page = await show(given(), width=320)
    await expect(page.get_by_role("button", name="-264 W")).to_be_hidden()
    places = await boxes(page.locator(".totals button:visible"))
    assert len({place["y"] for place in places}) == 1
