"""A battery that is removed while it belongs to a bank raises an issue until that is settled."""

from collections.abc import Awaitable, Callable

from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.lifepo4_bank.const import DOMAIN

from .conftest import ADDRESSES, NAMES, battery_entry, set_up
from .test_bank_findings import issues
from .test_config_flow import sent
from .test_structure import PLACEHOLDER, texts

type MakeBank = Callable[..., Awaitable[MockConfigEntry]]


def missed(bank: MockConfigEntry, number: int = 1) -> str:
    return f"{bank.entry_id}_not_set_up_{ADDRESSES[number]}"


async def remove(hass: HomeAssistant, bank: MockConfigEntry, number: int = 1) -> None:
    """Remove a battery of a bank from Home Assistant."""
    await hass.config_entries.async_remove(bank.data["batteries"][number])
    await hass.async_block_till_done()


async def test_each_removed_battery_is_named(hass: HomeAssistant, make_bank: MakeBank) -> None:
    bank = await make_bank(4)
    assert issues(hass) == {}
    await remove(hass, bank, 1)
    await remove(hass, bank, 2)
    assert issues(hass).keys() == {missed(bank, 1), missed(bank, 2)}
    issue = issues(hass)[missed(bank)]
    assert issue.severity is ir.IssueSeverity.WARNING
    assert not issue.is_fixable
    assert issue.learn_more_url == f"homeassistant://config/integrations/integration/{DOMAIN}"
    told = issue.translation_placeholders
    assert told == {"battery": NAMES[1], "bank": "House bank"}
    words = texts()["issues"][issue.translation_key]
    assert set(PLACEHOLDER.findall(words["title"] + words["description"])) == told.keys()


async def test_it_lasts_until_the_battery_is_set_up_again(
    hass: HomeAssistant, make_bank: MakeBank
) -> None:
    bank = await make_bank(3)
    await remove(hass, bank)
    ir.async_ignore_issue(hass, DOMAIN, missed(bank), True)
    await hass.config_entries.async_reload(bank.entry_id)
    await hass.async_block_till_done()
    assert issues(hass)[missed(bank)].dismissed_version is not None, "a restart is no news"
    await set_up(hass, battery_entry(1))
    assert issues(hass) == {}
    await remove(hass, bank)
    assert issues(hass)[missed(bank)].dismissed_version is None, "that is news"


async def test_it_ends_when_the_bank_is_reconfigured(
    hass: HomeAssistant, make_bank: MakeBank
) -> None:
    bank = await make_bank(3)
    await remove(hass, bank)
    assert missed(bank) in issues(hass)
    form = await bank.start_reconfigure_flow(hass)
    left = [bank.data["batteries"][0], bank.data["batteries"][2]]
    done = await sent(hass, form, batteries=left, arrangement="parallel")
    assert done["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()
    assert issues(hass) == {}


async def test_it_ends_with_the_bank(hass: HomeAssistant, make_bank: MakeBank) -> None:
    bank = await make_bank(3)
    await remove(hass, bank)
    await hass.config_entries.async_set_disabled_by(bank.entry_id, ConfigEntryDisabler.USER)
    await hass.async_block_till_done()
    assert issues(hass) == {}
    await hass.config_entries.async_set_disabled_by(bank.entry_id, None)
    await hass.async_block_till_done()
    assert missed(bank) in issues(hass)
    await hass.config_entries.async_remove(bank.entry_id)
    await hass.async_block_till_done()
    assert issues(hass) == {}


async def test_a_battery_that_is_disabled_is_set_up_still(
    hass: HomeAssistant, make_bank: MakeBank
) -> None:
    bank = await make_bank(3)
    battery = bank.data["batteries"][1]
    await hass.config_entries.async_set_disabled_by(battery, ConfigEntryDisabler.USER)
    await hass.async_block_till_done()
    assert missed(bank) not in issues(hass)
