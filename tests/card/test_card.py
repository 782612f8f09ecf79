"""The card in a real browser, on a page that gives it what a dashboard does."""

from collections.abc import AsyncIterator, Awaitable, Callable
import re

from playwright.async_api import BrowserContext, Page, Route, async_playwright, expect
import pytest

from tests.card.given import FOLDER, Given, given, texts
from virtual_bank.browser import QUIET, chromium

type Show = Callable[..., Awaitable[Page]]

PAGE = (FOLDER.parents[1] / "tests" / "card" / "page.html").read_text()
UNKNOWN = "\N{EN DASH}"
ARRANGEMENTS = [
    ("parallel", 1, 1), ("parallel", 1, 2), ("parallel", 1, 8), ("series", 1, 4), ("parallel_groups", 3, 2),
    ("series_strings", 2, 3), ("series_strings", 4, 2),
]  # fmt: skip


@pytest.fixture
async def context() -> AsyncIterator[BrowserContext]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=list(QUIET))
        yield await browser.new_context()
        await browser.close()


@pytest.fixture
async def show(context: BrowserContext) -> AsyncIterator[Show]:
    """Show the card: `await show(given(), width=320)`; the browser may complain of nothing."""
    complaints: list[str] = []

    async def shown(
        bank: Given, *, width: int = 500, dark: bool = False, frozen: bool = False
    ) -> Page:
        page = await context.new_page()
        if frozen:
            await page.clock.install()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda said: (
                complaints.append(said.text) if said.type in ("error", "warning") else None
            ),
        )

        async def serve(route: Route) -> None:
            path = route.request.url.removeprefix("http://boat.test")
            if path == "/given.json":
                await route.fulfill(body=bank.as_json(), content_type="application/json")
            elif path.startswith("/frontend/"):
                script = (FOLDER / path.removeprefix("/")).read_text()
                await route.fulfill(body=script, content_type="text/javascript")
            else:
                await route.fulfill(body=PAGE, content_type="text/html")

        await page.route("**/*", serve)
        await page.set_viewport_size({"width": width, "height": 900})
        await page.goto("http://boat.test/")
        if frozen:
            await page.clock.run_for(1000)
        await page.wait_for_selector("body[data-ready]")
        if dark:
            await page.evaluate("document.body.classList.add('dark')")
        return page

    yield shown
    assert complaints == []


async def test_a_healthy_bank_is_one_calm_line(show: Show) -> None:
    page = await show(given())
    await expect(page.get_by_role("heading")).to_have_text("House bank1S2P")
    await expect(page.locator(".pill")).to_have_text("in_sync")
    await expect(page.locator(".totals")).to_contain_text("13.2 V-20.0 A-264 W71 %7 left")
    await expect(page.locator(".share .words")).to_have_text(["100 % of fair"] * 2)
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
        ["+3.8 A, 138 % of fair", "-3.8 A, 62 % of fair"]
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


async def test_before_shares_are_learned_the_present_current_is_shown(show: Show) -> None:
    bank = given()
    for branch, now in zip(bank.branches, (0.75, 0.25), strict=True):
        branch |= {"share": None, "now": now}
    page = await show(bank)
    await expect(page.locator(".share .words")).to_have_text(
        ["now 150 % of fair", "now 50 % of fair"]
    )
    assert await page.locator("[data-state=off]").count() == 0


async def test_an_open_mosfet_is_drawn_open(show: Show) -> None:
    bank = given()
    bank.batteries[0]["discharge_enabled"] = False
    bank.batteries[1] |= {"discharge_enabled": True, "charge_enabled": False}
    page = await show(bank)
    await expect(page.locator(".seat[data-open] .remark")).to_have_text("discharge off")
    await expect(page.locator(".seat:not([data-open]) .remark")).to_have_text("charge off")
    lever = "getComputedStyle(given.card.shadowRoot.querySelector('{}'), '::before').transform"
    assert await page.evaluate(lever.format(".seat[data-open]")) != "none"
    assert await page.evaluate(lever.format(".seat:not([data-open])")) == "none"


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


async def test_no_subscription_is_left_behind_when_the_card_comes_and_goes(show: Show) -> None:
    page = await show(given())
    for _ in range(3):
        await page.evaluate("given.card.remove()")
        await page.wait_for_function("given.running === 0")
        await page.evaluate("document.body.append(given.card)")
        await page.wait_for_function("given.running === 1")
    # gone again before the server has answered
    await page.evaluate(
        "given.card.remove(); document.body.append(given.card); given.card.remove()"
    )
    await page.wait_for_function("given.running === 0")
    asked = len(await page.evaluate("given.asked"))
    await page.evaluate("given.hass.connection.dispatchEvent(new Event('ready'))")
    assert len(await page.evaluate("given.asked")) == asked


async def test_a_new_connection_is_asked_anew_and_the_bank_stays_on_the_page(show: Show) -> None:
    page = await show(given())
    await page.locator(".tile").first.evaluate("(one) => { window.kept = one; }")
    await page.evaluate(
        "given.running = 0; given.hass.connection.dispatchEvent(new Event('ready'))"
    )
    await page.wait_for_function("given.running === 1")
    assert await page.locator(".tile").first.evaluate("(one) => one === window.kept")
    asked = await page.evaluate("given.asked")
    assert asked == [{"type": "lifepo4_bank/subscribe", "resubscribe": False}] * 2


async def test_a_bank_that_comes_later_or_starts_slowly_appears_by_itself(show: Show) -> None:
    bank = given()
    bank.error = "unknown_command"
    page = await show(bank, frozen=True)
    await expect(page.locator(".empty")).to_contain_text("Home Assistant gives no answer")
    await page.evaluate("given.error = 'not_found'")
    await page.clock.run_for(10_500)
    await expect(page.locator(".empty")).to_contain_text("There is no bank to show")
    await page.evaluate("given.error = null")
    await page.clock.run_for(10_500)
    await expect(page.locator(".pill")).to_have_text("in_sync")
    asked = await page.evaluate("given.asked.length")
    await page.clock.run_for(60_000)
    assert await page.evaluate("given.asked.length") == asked


async def test_a_bank_that_is_loaded_anew_comes_back_and_one_removed_is_missed(show: Show) -> None:
    bank = given()
    page = await show(bank, frozen=True)
    await page.evaluate("given.told(null)")
    await expect(page.locator(".empty")).to_have_text("The bank is not running at the moment.")
    await page.evaluate("(view) => given.told(view)", bank.view)
    await expect(page.locator(".tile")).to_have_count(2)
    await page.evaluate("given.error = 'not_found'; given.told(null)")
    await page.clock.run_for(10_500)
    await expect(page.locator(".empty")).to_contain_text("There is no bank to show")
    assert await page.evaluate("given.running") == 0


async def test_cards_on_one_page_follow_their_own_banks_and_a_change_of_mind(show: Show) -> None:
    page = await show(given())
    await page.evaluate("window.other = given.add({ device_id: 'spare' })")
    await page.wait_for_function("given.running === 2")
    await page.evaluate("other.setConfig({ device_id: 'third' })")
    await page.wait_for_function("given.asked.length === 3 && given.running === 2")
    assert [asked.get("device_id") for asked in await page.evaluate("given.asked")] == [
        None, "spare", "third",
    ]  # fmt: skip
    await page.evaluate("other.remove()")
    await page.wait_for_function("given.running === 1")
    await expect(page.locator(".pill")).to_have_count(1)


async def test_the_editor_asks_for_a_bank_and_only_its_entities_suggest_the_card(
    show: Show,
) -> None:
    page = await show(given())
    form = await page.evaluate("given.card.constructor.getConfigForm().schema")
    device = {"entity": {"integration": "lifepo4_bank", "domain": "event"}}
    assert form == [{"name": "device_id", "selector": {"device": device}}]
    suggest = """(entity) => window.customCards[0].getEntitySuggestion({
      entities: {
        "sensor.bank": { platform: "lifepo4_bank", device_id: "bank" },
        "sensor.battery": { platform: "lifepo4_bank", device_id: "battery" },
        "sensor.other": { platform: "demo", device_id: "bank" },
      },
      devices: { bank: { entry_type: "service" }, battery: { entry_type: null } },
    }, entity)"""
    assert await page.evaluate(suggest, "sensor.bank") == {
        "config": {"type": "custom:lifepo4-bank-card", "device_id": "bank"}
    }
    for entity in ("sensor.battery", "sensor.other", "sensor.unheard_of"):
        assert await page.evaluate(suggest, entity) is None


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


def test_every_text_of_the_card_exists_and_every_one_is_used() -> None:
    source = "".join(file.read_text() for file in sorted((FOLDER / "frontend").glob("*.js")))
    known = {key.rpartition("card_")[2] for key in texts() if ".card_" in key}
    said = set(re.findall(r'say\((?:now\.)?hass, "(\w+)"', source))
    quoted = set(re.findall(r'"(\w+)"', source))
    patterns = tuple(re.findall(r"say\((?:now\.)?hass, `(\w+_)\$", source))
    assert said <= known
    unused = {key for key in known - said - quoted if not key.startswith(patterns)}
    assert unused == set()


def test_the_card_is_small_and_takes_its_colours_from_the_theme() -> None:
    files = {file.name: file.read_text() for file in (FOLDER / "frontend").glob("*.js")}
    assert sum(len(text) for text in files.values()) <= 30_000
    assert sum(text.count("\n") for text in files.values()) <= 700
    assert (
        max(
            len(line)
            for name, text in files.items()
            for line in text.splitlines()
            if name != "styles.js"
        )
        <= 110
    )
    for name, text in files.items():
        assert not re.search(r"#[0-9a-fA-F]{3,8}\b|rgba?\(|hsla?\(", text), name
        assert "innerHTML" not in text, name
        assert not re.search(r"https?://(?!github\.com/lifepo4-bank)", text), name
