"""The real diagnosis on a bank with a bad cable: from readings to the repair issue and back."""

from collections.abc import Awaitable, Callable

from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events

from custom_components.lifepo4_bank.const import DOMAIN

from .conftest import ADDRESSES, FakeReaders
from .test_bank import of, value

type MakeBank = Callable[..., Awaitable[MockConfigEntry]]
type PassTime = Callable[[float], Awaitable[None]]

REST = 13.28
OWN = 0.015
LOADS = (-40.0, -40.0, -64.0, -64.0, -64.0, -28.0, -28.0)


def carry(readers: FakeReaders, load: float, extra_path: float) -> None:
    """Divide the load between two equal batteries; the second has `extra_path` ohms more."""
    conductances = (1 / OWN, 1 / (OWN + extra_path))
    for address, conductance in zip(ADDRESSES[:2], conductances, strict=True):
        current = load * conductance / sum(conductances)
        voltage = REST + OWN * current
        cell = voltage / 4
        readers[address].shows(
            current=round(current, 2),
            voltage=round(voltage, 3),
            cells=(cell, cell, cell, cell),
            soc=0.6,
            remaining=60.0,
        )


async def test_a_bad_cable_is_found_and_forgotten_when_mended(
    hass: HomeAssistant, make_bank: MakeBank, readers: FakeReaders, pass_time: PassTime
) -> None:
    bank = await make_bank(2)
    for turn in range(90):
        carry(readers, LOADS[turn % len(LOADS)], extra_path=0.02)
        await pass_time(27)
    assert of(hass, bank, "status").state == "out_of_sync"
    assert of(hass, bank, "asymmetric_current_sharing").state == "on"
    assert of(hass, bank, "diagnosis").attributes["event_type"] == "asymmetric_current_sharing"
    share = float(of(hass, bank, "current_share", ADDRESSES[1]).state)
    assert abs(share - 30.0) < 2.0
    path = float(of(hass, bank, "path_resistance_excess", ADDRESSES[1]).state)
    assert abs(path - 20.0) < 3.0
    own = float(of(hass, bank, "own_resistance", ADDRESSES[0]).state)
    assert abs(own - 15.0) < 1.5
    imbalance = value(hass, bank, "sharing_imbalance")
    assert imbalance is not None
    assert abs(imbalance - 40.0) < 4.0
    (issue,) = [
        issue
        for (domain, _), issue in ir.async_get(hass).issues.items()
        if domain == DOMAIN and issue.active
    ]
    assert issue.issue_id == f"{bank.entry_id}_asymmetric_current_sharing_{ADDRESSES[1]}"
    assert issue.data is not None
    assert issue.data["cause"] == "path_resistance"

    for turn in range(33):
        carry(readers, LOADS[turn % len(LOADS)], extra_path=0.0)
        await pass_time(27)
    assert of(hass, bank, "status").state == "in_sync"
    assert of(hass, bank, "diagnosis").attributes["event_type"] == "resolved"
    assert ir.async_get(hass).async_get_issue(DOMAIN, issue.issue_id) is None


async def test_an_estimate_that_says_nothing_new_is_not_written_again(
    hass: HomeAssistant, make_bank: MakeBank, readers: FakeReaders, pass_time: PassTime
) -> None:
    bank = await make_bank(2)
    for turn in range(60):
        carry(readers, LOADS[turn % len(LOADS)], extra_path=0.0)
        await pass_time(27)
    share = of(hass, bank, "current_share", ADDRESSES[1])
    written = async_capture_events(hass, EVENT_STATE_CHANGED)
    for turn in range(60):
        carry(readers, LOADS[turn % len(LOADS)], extra_path=0.0)
        await pass_time(27)
    assert bank.runtime_data.data.share[ADDRESSES[1]].count > share.attributes["observations"]
    of_share = [event for event in written if event.data["entity_id"] == share.entity_id]
    assert len(of_share) <= 2
