"""A current that counts the wrong way round is turned in its repair."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir

from custom_components.lifepo4_bank.const import DOMAIN

from .conftest import RepairStep as Step, set_up
from .test_entities_flow import on_one_device
from .test_entities_source import VALUES, show, source_entry


async def test_a_wrong_sign_is_turned_round(
    hass: HomeAssistant, browser: Step, pass_time: Any
) -> None:
    on_one_device(hass, charging=("binary_sensor.bms_charging", "battery_charging", "off"))
    show(hass, **VALUES | {"current": "9000"})
    entry = source_entry()
    await set_up(hass, entry)
    for _ in range(12):
        show(hass, **VALUES | {"current": "9000"})
        await pass_time(60)
    issue = f"{entry.entry_id}_wrong_sign"
    for _ in range(2):
        page = await browser(issue)
        assert page["step_id"] == "turn"
        assert page["description_placeholders"] == {"battery": "Port side", "current": "+9.0 A"}
    page = await browser()
    assert page["type"] == "create_entry"
    await hass.async_block_till_done()
    assert entry.data["invert_current"] is True
    assert entry.runtime_data.data.current == -9.0
    assert ir.async_get(hass).async_get_issue(DOMAIN, issue) is None


async def test_a_sign_that_is_right_by_now_is_left_alone(
    hass: HomeAssistant, browser: Step, pass_time: Any
) -> None:
    on_one_device(hass, charging=("binary_sensor.bms_charging", "battery_charging", "off"))
    entry = source_entry()
    show(hass, **VALUES | {"current": "9000"})
    await set_up(hass, entry)
    for _ in range(12):
        show(hass, **VALUES | {"current": "9000"})
        await pass_time(60)
    await browser(f"{entry.entry_id}_wrong_sign")
    show(hass, **VALUES | {"current": "-9000"})
    assert (await browser())["type"] == "create_entry"
    assert entry.data["invert_current"] is False


async def test_what_its_owner_ignores_stays_ignored_until_it_is_right(
    hass: HomeAssistant, pass_time: Any
) -> None:
    on_one_device(hass, charging=("binary_sensor.bms_charging", "battery_charging", "off"))
    entry = source_entry()

    async def go_on(current: str) -> ir.IssueEntry | None:
        for _ in range(12):
            show(hass, **VALUES | {"current": current})
            await pass_time(60)
        return ir.async_get(hass).async_get_issue(DOMAIN, f"{entry.entry_id}_wrong_sign")

    show(hass, **VALUES | {"current": "9000"})
    await set_up(hass, entry)
    issue = await go_on("9000")
    assert issue is not None
    ir.async_ignore_issue(hass, DOMAIN, issue.issue_id, True)
    await hass.config_entries.async_reload(entry.entry_id)
    issue = await go_on("9000")
    assert issue is not None
    assert issue.dismissed_version is not None
    assert await go_on("-9000") is None
    issue = await go_on("9000")
    assert issue is not None
    assert issue.dismissed_version is None
    ir.async_ignore_issue(hass, DOMAIN, issue.issue_id, True)
    await hass.config_entries.async_remove(entry.entry_id)
    assert ir.async_get(hass).async_get_issue(DOMAIN, issue.issue_id) is None
