"""A bank is offered by itself when batteries that fit are set up."""

from typing import Any

from homeassistant.config_entries import SOURCE_IGNORE, SOURCE_INTEGRATION_DISCOVERY
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.lifepo4_bank.bank_offer import async_offer_banks, offer_id
from custom_components.lifepo4_bank.const import DOMAIN

from .conftest import bank_entry, battery_entry
from .test_config_flow import sent
from .test_config_flow_bank import have, set_ups  # noqa: F401 - a fixture


def offers(hass: HomeAssistant) -> list[Any]:
    return [
        flow
        for flow in hass.config_entries.flow.async_progress_by_handler(DOMAIN)
        if flow["context"]["source"] == SOURCE_INTEGRATION_DISCOVERY
    ]


async def test_a_bank_is_offered_ready_made(hass: HomeAssistant) -> None:
    ids = have(hass, 3, b2=25.6)
    async_offer_banks(hass)
    await hass.async_block_till_done(wait_background_tasks=True)
    (offer,) = offers(hass)
    assert offer["context"]["title_placeholders"] == {"name": "Bank of 12.8 V batteries"}
    form: Any = await hass.config_entries.flow.async_configure(offer["flow_id"])
    suggested = {
        str(marker): marker.description["suggested_value"]
        for marker in form["data_schema"].schema
        if marker.description
    }
    assert suggested == {
        "name": "Battery bank", "batteries": ids[:2], "arrangement": "parallel"
    }  # fmt: skip
    result = await sent(hass, form, **suggested)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["result"].unique_id is None


async def test_an_offer_has_the_batteries_that_came_after_it(hass: HomeAssistant) -> None:
    """It is made of the first two, while their owner adds the third and the fourth."""
    have(hass, 2)
    async_offer_banks(hass)
    await hass.async_block_till_done(wait_background_tasks=True)
    (offer,) = offers(hass)
    for number in (2, 3):
        battery_entry(number).add_to_hass(hass)
    ids = [entry.entry_id for entry in hass.config_entries.async_entries(DOMAIN)]
    form: Any = await hass.config_entries.flow.async_configure(offer["flow_id"])
    markers = {str(marker): marker for marker in form["data_schema"].schema}
    assert len(ids) == 4
    assert set(markers["batteries"].description["suggested_value"]) == set(ids)


async def test_an_offer_is_made_once_and_taken_back_when_it_no_longer_fits(
    hass: HomeAssistant,
) -> None:
    entries = [battery_entry(0), battery_entry(1)]
    for entry in entries:
        entry.add_to_hass(hass)
    for _ in range(3):
        async_offer_banks(hass)
        await hass.async_block_till_done(wait_background_tasks=True)
    assert len(offers(hass)) == 1
    bank_entry(entries).add_to_hass(hass)
    async_offer_banks(hass)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert offers(hass) == []


async def test_an_offer_that_was_ignored_is_not_repeated(hass: HomeAssistant) -> None:
    have(hass, 2)
    MockConfigEntry(
        domain=DOMAIN, unique_id=offer_id(12.8), source=SOURCE_IGNORE, data={}
    ).add_to_hass(hass)
    async_offer_banks(hass)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert offers(hass) == []


async def test_an_offer_that_comes_too_late_is_dropped(hass: HomeAssistant) -> None:
    result = await hass.config_entries.flow.async_init(
        DOMAIN,
        context={"source": SOURCE_INTEGRATION_DISCOVERY},
        data={"nominal_voltage": 12.8},
    )
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "too_few_batteries"
