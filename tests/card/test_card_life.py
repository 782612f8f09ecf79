"""The card comes and goes, and so do its bank, its connection and its neighbours."""

from playwright.async_api import expect

from tests.card.given import Show, given


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
