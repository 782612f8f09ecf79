"""What the card shows, and what can be done on it, in a real browser."""

import time

from playwright.async_api import expect
import pytest

from tests.card.given import Given, Show, given

UNKNOWN = "\N{EN DASH}"
DAY = 86400.0
ARRANGEMENTS = [
    ("parallel", 1, 1), ("parallel", 1, 2), ("parallel", 1, 8), ("series", 1, 4), ("parallel_groups", 3, 2),
    ("series_strings", 2, 3), ("series_strings", 4, 2),
]  # fmt: skip


async def test_a_healthy_bank_is_one_calm_line(show: Show) -> None:
    page = await show(given())
    await expect(page.get_by_role("heading")).to_have_text("House bank1S2P")
    await expect(page.locator(".pill")).to_have_text("in_sync")
    await expect(page.locator(".totals")).to_contain_text("13.2 V-20.0 A-264 W71 %7 left")
    await expect(page.locator(".share .words")).to_have_text(["100 % of fair share"] * 2)
    assert await page.locator("[data-state=off]").count() == 0
    await expect(page.locator(".calm")).to_have_text("All batteries work together.")
    await expect(page.locator(".findings")).to_be_hidden()


async def test_who_carries_too_little_is_seen_at_a_glance(show: Show) -> None:
    bank = given()
    bank.branches[0] |= {"share": 0.69, "excess": 3.8}
    bank.branches[1] |= {"share": 0.31, "excess": -3.8}
    bank.find(1, "error", "Battery B01 carries 31 % of the load instead of 50 %.")
    page = await show(bank)
    await expect(page.locator("[data-state=off] .words")).to_have_text(
        ["+3.8 A, 138 % of fair share", "-3.8 A, 62 % of fair share"]
    )
    finding = page.get_by_role("button", name="carries 31 %")
    await expect(finding).to_contain_text("first seen 2 hours ago · press for the guided fix")
    await finding.click()
    assert page.url == "http://boat.test/config/repairs?historyBack=1"


async def test_a_note_and_a_guest_lead_to_the_entity_instead(show: Show) -> None:
    for severity, admin in (("note", True), ("error", False)):
        bank = given()
        bank.admin = admin
        bank.find(0, severity)
        page = await show(bank)
        await page.get_by_role("button", name="It is so.").click()
        assert await page.evaluate("given.opened") == [bank.bank["entities"]["status"]]


async def test_of_many_findings_three_are_shown(show: Show) -> None:
    bank = given(size=5)
    for index in range(5):
        bank.find(index, "warning", f"Finding {index}.")
    page = await show(bank)
    await expect(page.locator(".findings .message")).to_have_text(
        ["Finding 0.", "Finding 1.", "Finding 2."]
    )
    await expect(page.locator(".calm")).to_have_text("And 2 more.")


async def test_how_bad_a_finding_is_shows_in_its_own_colour(show: Show) -> None:
    bank = given(size=3)
    for index, severity in enumerate(("error", "warning", "note")):
        bank.find(index, severity)
    page = await show(bank)
    colours = [
        await icon.evaluate("(one) => getComputedStyle(one).color")
        for icon in await page.locator(".findings ha-icon").all()
    ]
    assert colours == ["rgb(219, 68, 55)", "rgb(255, 166, 0)", "rgb(3, 155, 229)"]


async def test_a_silent_battery_is_never_shown_as_zero(show: Show) -> None:
    bank = given()
    bank.silence(bank.batteries[1])
    bank.branches[0]["share"] = bank.branches[1]["share"] = None
    page = await show(bank)
    tile = page.locator(".seat[data-silent] .tile")
    await expect(tile).to_have_text(f"Battery B01{UNKNOWN}last heard 1 hour ago")
    await expect(page.get_by_role("status").first).to_have_text("in_sync · 1 of 2 heard")
    await expect(page.locator(".share .words")).to_have_text(["share not known yet"] * 2)
    assert "0 A" not in (await tile.inner_text())


async def test_a_bank_that_is_half_heard_is_not_said_to_be_in_order(show: Show) -> None:
    bank = given()
    colour = "(pill) => getComputedStyle(pill).color"
    whole = await (await show(bank)).locator(".pill").evaluate(colour)
    bank.silence(bank.batteries[1])
    page = await show(bank)
    await expect(page.locator(".calm")).to_have_text("The batteries that are heard work together.")
    assert await page.locator(".pill").evaluate(colour) != whole


async def test_a_status_that_is_unknown_is_said_in_words(show: Show) -> None:
    bank = given()
    bank.bank["status"] = "unknown"
    bank.state(bank.bank, "status", "unknown")
    page = await show(bank)
    await expect(page.locator(".pill")).to_have_text("unknown")


async def test_before_shares_are_learned_the_present_current_is_shown(show: Show) -> None:
    bank = given()
    for branch, now in zip(bank.branches, (0.75, 0.25), strict=True):
        branch |= {"share": None, "now": now}
    page = await show(bank)
    await expect(page.locator(".share .words")).to_have_text(
        ["now 150 % of fair share", "now 50 % of fair share"]
    )
    assert await page.locator("[data-state=off]").count() == 0


async def test_an_open_mosfet_is_drawn_open(show: Show) -> None:
    bank = given()
    bank.batteries[0]["discharge_enabled"] = False
    bank.batteries[1] |= {"discharge_enabled": True, "charge_enabled": False}
    page = await show(bank)
    off, on = page.locator(".seat").nth(0), page.locator(".seat").nth(1)
    await expect(off.locator(".remark")).to_have_text("discharge off")
    await expect(on.locator(".remark")).to_have_text("charge off")
    await expect(off.get_by_role("img", name="contact open")).to_be_visible()
    await expect(on.get_by_role("img", name="gives current")).to_be_visible()
    # the line of a current goes all the way, that of an open contact in two pieces
    drawn = "(path) => path.getAttribute('d').match(/M/gi).length"
    assert await off.locator("path").evaluate(drawn) == 2
    assert await on.locator("path").evaluate(drawn) == 1


@pytest.mark.parametrize(
    ("error", "says"),
    [
        ("not_found", "There is no bank to show"),
        ("choose", "There are several banks"),
        ("unauthorized", "You may not see this bank."),
        ("unknown_command", "Home Assistant gives no answer"),
        (None, "The bank is not running at the moment."),
    ],
)
async def test_without_a_bank_the_card_says_why(show: Show, error: str | None, says: str) -> None:
    page = await show(Given(None, error=error))
    await expect(page.locator(".empty")).to_contain_text(says)


@pytest.mark.parametrize(("arrangement", "blocks", "size"), ARRANGEMENTS)
@pytest.mark.parametrize(("width", "dark"), [(320, True), (460, False), (800, True)])
async def test_every_arrangement_fits_every_width(
    show: Show, arrangement: str, blocks: int, size: int, width: int, dark: bool
) -> None:
    page = await show(given(arrangement, blocks, size, cells=16), width=width, dark=dark)
    await expect(page.locator(".tile")).to_have_count(blocks * size)
    strips = blocks if arrangement == "series_strings" else blocks * size
    await expect(page.locator(".share .bar")).to_have_count(strips)
    rows = {"series": size, "parallel_groups": blocks}.get(arrangement, 1)
    await expect(page.locator(".row")).to_have_count(rows)
    wide = await page.evaluate("[document.body.scrollWidth, document.body.clientWidth]")
    assert wide[0] <= wide[1]
    await expect(page.locator(".battery").first).to_be_visible(visible=width >= 460)
    await page.locator(".tile").last.click()
    await expect(page.locator("details.battery[open] .cells")).to_be_visible()
    wide = await page.evaluate("[document.body.scrollWidth, document.body.clientWidth]")
    assert wide[0] <= wide[1]


async def test_in_series_the_bars_show_how_far_voltages_are_apart(show: Show) -> None:
    bank = given("series", 1, 3)
    bank.bank["apart"] = {
        "B00": {"volts": 0.04, "soc": 0.12},
        "B01": {"volts": -0.04, "soc": None},
        "B02": {"volts": None, "soc": None},
    }
    page = await show(bank)
    await expect(page.locator(".share .words")).to_have_text([
        "+40 mV and +12 points of charge from the mean",
        f"-40 mV and {UNKNOWN} points of charge from the mean",
        "share not known yet",
    ])  # fmt: skip
    parts = page.locator(".part:visible")
    left, right = [await parts.nth(index).bounding_box() for index in (1, 0)]
    assert left
    assert right
    assert left["width"] == right["width"] > 10


async def test_only_changes_of_its_own_are_drawn_and_nothing_is_made_anew(show: Show) -> None:
    bank = given()
    bank.states["light.saloon"] = {"entity_id": "light.saloon", "state": "on", "attributes": {}}
    page = await show(bank)
    tile = page.locator(".tile").first
    await tile.evaluate("(element) => { window.kept = element; element.focus(); }")
    drawn = await page.evaluate("given.card.renders")
    await page.evaluate("given.change('light.saloon', 'off')")
    assert await page.evaluate("given.card.renders") == drawn
    await page.evaluate(
        "(entity) => given.change(entity, '72')", bank.batteries[0]["entities"]["soc"]
    )
    assert await page.evaluate("given.card.renders") == drawn + 1
    await expect(tile.locator(".soc")).to_have_text("72 %")
    assert await tile.evaluate("(one) => one === window.kept && one.matches(':focus')")


async def test_the_keyboard_reaches_everything(show: Show) -> None:
    bank = given()
    bank.find(0, "warning")
    page = await show(bank)
    wanted = await page.locator("button:visible, summary:visible").count()
    reached = 0
    for _ in range(wanted):
        await page.keyboard.press("Tab")
        reached += await page.evaluate("given.card.shadowRoot.activeElement !== null")
    assert reached == wanted


async def test_long_names_are_told_apart_by_their_ends(show: Show) -> None:
    bank = given(size=4)
    for number, battery in enumerate(bank.batteries):
        battery["name"] = f"The house battery under the berth on the starboard side {number}"
    page = await show(bank, width=320)
    for tile in await page.locator(".tile").all():
        name, shown = tile.locator("bdi"), tile.locator(".name")
        ends = "(one) => one.getBoundingClientRect()"
        whole, part = await name.evaluate(ends), await shown.evaluate(ends)
        assert whole["left"] < part["left"]
        assert whole["right"] <= part["right"] + 1
    await page.locator(".tile").last.click()
    row = page.locator("details.battery[open] .name")
    await expect(row).to_have_text("The house battery under the berth on the starboard side 3")
    assert await row.evaluate("(one) => one.scrollWidth <= one.clientWidth")


async def test_a_tile_unfolds_its_battery(show: Show) -> None:
    page = await show(given(cells=16))
    await page.locator(".tile").nth(1).focus()
    await page.keyboard.press("Enter")
    row = page.locator("details.battery[open]")
    await expect(row.locator(".name")).to_have_text("Battery B01")
    await expect(row.locator(".dots i")).to_have_count(16)
    await expect(row.locator(".dots")).to_contain_text("▼")
    await expect(row.locator(".dots")).to_contain_text("▲")
    await expect(row.locator(".cells .words")).to_have_text(
        "16 cells, lowest 3.300 V (cell 1), highest 3.304 V (cell 5)"
    )
    await expect(row.locator("dl")).to_contain_text("Own resistance5.1 mΩ")


@pytest.mark.parametrize(
    ("months", "says"),
    [
        ([(-10, 0.0048), (-9, 0.006), (1, 0.007)], "5.1 mΩ, 10 months ago 4.8 mΩ"),
        ([(1, 0.007)], "5.1 mΩ"),
        ([], "5.1 mΩ"),
        (None, "5.1 mΩ"),
    ],
)
async def test_own_resistance_is_told_with_what_it_was_at_first(
    show: Show, months: list[tuple[float, float]] | None, says: str
) -> None:
    bank = given()
    entity = bank.batteries[0]["entities"]["own_resistance"]
    if months is not None:
        ends = [(1000 * (time.time() + 30.44 * DAY * end), mean) for end, mean in months]
        bank.kept = {entity: [{"end": end, "mean": 1000 * mean} for end, mean in ends]}
    page = await show(bank)
    await page.locator(".tile").first.click()
    row = page.locator("details.battery[open] dl div", has_text="Own resistance")
    await page.wait_for_function("given.asked.length === 2")
    await expect(row.locator("dd")).to_have_text(says)
    asked = (await page.evaluate("given.asked"))[1]
    assert (asked["statistic_ids"], asked["period"]) == ([entity], "month")


async def test_discharge_is_asked_for_twice_and_a_refusal_gives_its_reasons(show: Show) -> None:
    page = await show(given())
    await page.locator(".tile").first.click()
    row = page.locator("details.battery[open]")
    confirm = row.get_by_role("button", name="Yes, switch discharge of Battery B00 off")
    await expect(confirm).to_be_hidden()
    wish = row.get_by_text("Switch discharge off", exact=True)
    await wish.click()
    assert await page.evaluate("given.calls") == []
    await page.evaluate("given.refusal = 'The others could not carry the load.'")
    await confirm.click()
    call = ["lifepo4_bank", "set_discharge", {"device_id": "B00", "enabled": False}]
    assert await page.evaluate("given.calls") == [call]
    await expect(row.get_by_role("status")).to_have_text("The others could not carry the load.")
    await page.evaluate("given.refusal = null")
    await confirm.click()
    await expect(confirm).to_be_hidden()
    assert await page.evaluate("given.calls") == [call, call]


async def test_what_the_interlock_would_refuse_cannot_be_pressed_and_says_why(show: Show) -> None:
    bank = given()
    bank.batteries[0]["refused"] = ["The link is too weak", "A protection is active"]
    page = await show(bank)
    await page.locator(".tile").first.click()
    row = page.locator("details.battery[open]")
    await row.get_by_text("Switch discharge off", exact=True).click()
    await expect(row.get_by_role("listitem")).to_have_text(bank.batteries[0]["refused"])
    await expect(row.get_by_role("button", name="Yes, switch discharge")).to_be_disabled()


async def test_a_battery_without_an_enabled_switch_offers_none(show: Show) -> None:
    bank = given()
    entity = bank.batteries[0]["entities"].pop("discharge")
    del bank.states[entity]
    page = await show(bank)
    await page.locator(".tile").first.click()
    await expect(page.locator("details.battery[open] .control")).to_be_hidden()


async def test_forced_colours_keep_the_bars_and_nothing_ever_moves(show: Show) -> None:
    bank = given()
    bank.branches[0] |= {"share": 0.69, "excess": 3.8}
    page = await show(bank)
    await page.emulate_media(forced_colors="active")
    colour = "(part) => getComputedStyle(part).backgroundColor"
    part, strip = page.locator(".part").first, page.locator(".bar").first
    assert await part.evaluate(colour) != await strip.evaluate(colour)
    moving = "given.card.shadowRoot.getAnimations().length"
    assert await page.evaluate(moving) == 0
