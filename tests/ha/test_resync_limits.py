"""Resync stops at once when anything leaves the safe range: while a battery is off, and after."""

# ruff: noqa: ASYNC110 - what a fake battery does is told to nobody; so it is looked at

import asyncio
from collections.abc import Awaitable, Callable
import time
from typing import Any
from unittest.mock import patch

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.lifepo4_bank import resync
from custom_components.lifepo4_bank.ble.errors import Reason, Unreachable
from custom_components.lifepo4_bank.core import interlock
from custom_components.lifepo4_bank.core.battery import BatteryState
from custom_components.lifepo4_bank.resync import async_resync

from .conftest import ADDRESSES, NAMES, FakeReader, FakeReaders
from .test_structure import texts

type Trouble = Callable[[FakeReader], None]

LONG = 30.0
"""Seconds that nothing but trouble ends early."""


def vanishes(reader: FakeReader) -> None:
    reader.error = Unreachable(Reason.OUT_OF_RANGE)


def shows(**changes: Any) -> Trouble:
    def trouble(reader: FakeReader) -> None:
        reader.shows(**changes)

    return trouble


LIMITS = pytest.mark.parametrize(
    ("trouble", "check"),
    [
        pytest.param(vanishes, "readings_fresh_unknown", id="silent"),
        pytest.param(shows(current=None), "readings_fresh_unknown", id="half a reading"),
        pytest.param(shows(protections=("x",)), "no_protection_refused", id="fault"),
        pytest.param(shows(state=BatteryState.PROTECTION), "no_protection_refused", id="tripped"),
        pytest.param(shows(state=None), "no_protection_unknown", id="unknown state"),
        pytest.param(shows(discharge_enabled=False, current=0.0), "others_on_refused", id="off"),
        pytest.param(shows(discharge_enabled=None), "others_on_unknown", id="perhaps off"),
        pytest.param(shows(soc=0.19), "not_low_refused", id="low charge"),
        pytest.param(shows(voltage=12.3), "not_low_refused", id="low voltage"),
        pytest.param(shows(current=-51.0), "others_within_limit_refused", id="discharge current"),
        pytest.param(shows(current=51.0), "others_within_limit_refused", id="charging current"),
    ],
)


@pytest.fixture(autouse=True)
def _pauses(quick: None, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Nothing but trouble ends a pause soon, and none but silence takes time to be seen."""
    monkeypatch.setattr(resync, "OFF", LONG)
    monkeypatch.setattr(resync, "WATCH", LONG)
    if request.node.callspec.params.get("check") == "readings_fresh_unknown":
        monkeypatch.setattr(interlock, "LOST_AFTER", 0.1)


def named(check: str, battery: str, sentences: list[str]) -> bool:
    """Whether one of the sentences tells of this check and this battery."""
    begin, _, _ = texts()["exceptions"][f"check_{check}"]["message"].partition("{")
    return any(told.startswith(begin) and battery in told for told in sentences)


@LIMITS
async def test_while_a_battery_is_off(
    hass: HomeAssistant, readers: FakeReaders, bank: MockConfigEntry, trouble: Trouble, check: str
) -> None:
    leader = readers[ADDRESSES[0]]
    leader.shows(current=-12.0)
    began = time.monotonic()
    running = asyncio.create_task(async_resync(hass, bank.runtime_data))
    while leader.sample.discharge_enabled:
        await asyncio.sleep(0)
    trouble(readers[ADDRESSES[1]])
    answer = await running
    assert named(check, NAMES[1], answer["stopped_because"])
    assert answer["message"].startswith("Ended early for safety")
    assert readers[ADDRESSES[0]].sample.discharge_enabled
    took = time.monotonic() - began
    assert answer["off_seconds"] <= took + 0.05  # it is told to a tenth
    assert took < LONG / 5


@LIMITS
@pytest.mark.parametrize("number", [0, 1])
async def test_while_the_shares_are_watched(
    hass: HomeAssistant,
    readers: FakeReaders,
    bank: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
    trouble: Trouble,
    check: str,
    number: int,
) -> None:
    monkeypatch.setattr(resync, "OFF", 0.05)
    leader = readers[ADDRESSES[0]]
    leader.shows(current=-12.0)
    switch: Callable[..., Awaitable[Any]] = leader.switch

    async def then_trouble(*args: Any) -> Any:
        sample = await switch(*args)
        if args[1]:
            trouble(readers[ADDRESSES[number]])
        return sample

    began = time.monotonic()
    with patch.object(leader, "switch", then_trouble):
        answer = await async_resync(hass, bank.runtime_data)
    assert named(check, NAMES[number], answer["stopped_because"])
    assert time.monotonic() - began < LONG / 5
