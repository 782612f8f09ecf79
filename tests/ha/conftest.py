"""What tests with Home Assistant share: batteries to read, advertisements, banks."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
import time
from typing import Any
from unittest.mock import patch

from aiobmsble import basebms
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData
from freezegun.api import FrozenDateTimeFactory
from habluetooth.usage import uninstall_multiple_bleak_catcher
from homeassistant.components import bluetooth
from homeassistant.components.bluetooth import SOURCE_LOCAL, BluetoothServiceInfoBleak
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_ADDRESS
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.lifepo4_bank import cycle, journal, measure, news, resync, switching_on
from custom_components.lifepo4_bank.ble.details import Details
from custom_components.lifepo4_bank.ble.family import FAMILIES, Family, Mosfet
from custom_components.lifepo4_bank.const import (
    CONF_ARRANGEMENT,
    CONF_BATTERIES,
    CONF_FAMILY,
    CONF_KIND,
    CONF_NOMINAL_VOLTAGE,
    DOMAIN,
    KIND_BANK,
    KIND_BATTERY,
)
from custom_components.lifepo4_bank.core.battery import BatterySample, BatteryState

type RepairStep = Callable[..., Awaitable[dict[str, Any]]]

ADDRESSES = tuple(f"C8:47:80:15:D8:{number:02X}" for number in range(1, 9))
NAMES = tuple(f"L-12100BNNA70-A{number:05d}" for number in range(1, 9))
ADDRESS, NAME = ADDRESSES[0], NAMES[0]


def reading(battery: str = ADDRESS, **changes: Any) -> BatterySample:
    """A 12 V battery that gives 10 A; `changes` replace single quantities."""
    fields: dict[str, Any] = {
        "voltage": 13.2,
        "current": -10.0,
        "soc": 0.8,
        "remaining": 80.0,
        "capacity": 100.0,
        "cells": (3.301, 3.3, 3.302, 3.3),
        "temperatures": (21.0, 24.0),
        "cycles": 12,
        "health": 1.0,
        "charge_enabled": True,
        "discharge_enabled": True,
        "heater": False,
        "balancing": False,
        "state": BatteryState.DISCHARGING,
        "problem_code": 0,
    }
    return BatterySample(battery=battery, time=time.time(), **fields | changes)


class FakeReader:
    """Stands where BatteryReader stands and returns what the test sets.

    `sample` is the next reading (its time is set anew), `error` is raised instead of it.
    """

    def __init__(self, address: str, family: Family) -> None:
        self.address = address
        self.family = family
        self.secret = ""
        self.details = Details(brand="LiTime", model="12 V 100 Ah", serial="A1", software="1.4.0")
        self.sample = reading(address)
        self.error: Exception | None = None
        self.switch_error: Exception | None = None
        self.link_quality: float | None = 1.0
        self.connected = False
        self.reads = 0
        self.commands: list[tuple[str, bool]] = []
        self.switchable: frozenset[Mosfet] = family.switchable
        self.released = self.closed = self.taken_back = False

    async def read(self) -> BatterySample:
        self.reads += 1
        if self.error is not None:
            raise self.error
        return replace(self.sample, time=time.time())

    async def switch(self, mosfet: Mosfet, on: bool) -> BatterySample:
        if self.switch_error is not None:
            raise self.switch_error
        self.commands.append((mosfet.value, on))
        if mosfet is Mosfet.DISCHARGE:
            self.shows(discharge_enabled=on)
        else:
            self.shows(charge_enabled=on)
        return await self.read()

    async def release(self) -> None:
        self.released = True

    def take_back(self) -> None:
        self.taken_back = True

    async def close(self) -> None:
        self.closed = True

    def shows(self, **changes: Any) -> None:
        """Change quantities of the next reading."""
        self.sample = replace(self.sample, **changes)


class FakeReaders(dict[str, FakeReader]):
    """One reader for each address, the same one whoever asks for it."""

    def __call__(
        self, _hass: HomeAssistant, address: str, family: Family, **options: Any
    ) -> FakeReader:
        reader = self.of(address, family)
        reader.secret = options["secret"]
        reader.closed = False
        return reader

    def of(self, address: str, family: Family = FAMILIES["redodo"]) -> FakeReader:
        """The reader of an address, to set it up before anybody reads."""
        if address not in self:
            self[address] = FakeReader(address, family)
        return self[address]


@pytest.fixture(autouse=True)
def _home_assistant(enable_custom_integrations: None, enable_bluetooth: None) -> None:
    """Let Home Assistant find the integration, and have an adapter that hears nothing."""


@pytest.fixture(autouse=True)
def _own_bleak(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Keep Home Assistant's Bluetooth client from tests that come later."""
    monkeypatch.setattr(basebms, "BleakClient", vars(basebms)["BleakClient"])
    yield
    uninstall_multiple_bleak_catcher()


@pytest.fixture(autouse=True)
def _own_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the record of switched-off batteries from tests that run at the same time."""
    monkeypatch.setattr(journal, "STORAGE_DIR", str(tmp_path / ".storage"))


@pytest.fixture
def readers() -> Iterator[FakeReaders]:
    """Fake readers in place of the radio: `readers.of(address).shows(current=-3.0)`."""
    found = FakeReaders()
    with (
        patch("custom_components.lifepo4_bank.bluetooth_source.async_reader", found),
        patch("custom_components.lifepo4_bank.battery_flow.async_reader", found),
    ):
        yield found


def service_info(
    address: str = ADDRESS, name: str | None = NAME, *, rssi: int = -60, **changes: Any
) -> BluetoothServiceInfoBleak:
    """An advertisement as LiTime sends it."""
    fields: dict[str, Any] = {
        "service_uuids": ["0000ffe0-0000-1000-8000-00805f9b34fb"],
        "manufacturer_data": {0x585A: bytes.fromhex(address.replace(":", ""))},
        "service_data": {},
    } | changes
    return BluetoothServiceInfoBleak(
        name=name or address,
        address=address,
        rssi=rssi,
        source=SOURCE_LOCAL,
        device=BLEDevice(address, name, {}),
        advertisement=AdvertisementData(
            local_name=name, tx_power=-127, rssi=rssi, platform_data=(), **fields
        ),
        connectable=True,
        time=time.monotonic(),
        tx_power=-127,
        raw=None,
        **fields,
    )


def advertise(hass: HomeAssistant, info: BluetoothServiceInfoBleak) -> None:
    """Let the adapter hear an advertisement."""
    bluetooth.async_get_advertisement_callback(hass)(info)


def battery_entry(number: int = 0, **changes: Any) -> MockConfigEntry:
    """The entry of one of the batteries, as the flow makes it."""
    fields: dict[str, Any] = {
        "domain": DOMAIN,
        "title": NAMES[number],
        "unique_id": ADDRESSES[number],
        "data": {
            CONF_KIND: KIND_BATTERY,
            CONF_ADDRESS: ADDRESSES[number],
            CONF_FAMILY: "redodo",
            CONF_NOMINAL_VOLTAGE: 12.8,
        },
    }
    return MockConfigEntry(**fields | changes)


def bank_entry(
    batteries: Sequence[MockConfigEntry], arrangement: str = "parallel", **changes: Any
) -> MockConfigEntry:
    """The entry of a bank, as the flow makes it."""
    data = {
        CONF_KIND: KIND_BANK,
        CONF_BATTERIES: [entry.entry_id for entry in batteries],
        CONF_ARRANGEMENT: arrangement,
        **changes.pop("data", {}),
    }
    return MockConfigEntry(domain=DOMAIN, title="House bank", data=data, **changes)


async def set_up(hass: HomeAssistant, *entries: MockConfigEntry) -> None:
    """Set entries up, one after the other."""
    for entry in entries:
        if hass.config_entries.async_get_entry(entry.entry_id) is None:
            entry.add_to_hass(hass)
        if entry.state is ConfigEntryState.NOT_LOADED:
            await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()


@pytest.fixture
async def battery(
    hass: HomeAssistant, readers: FakeReaders, freezer: FrozenDateTimeFactory
) -> MockConfigEntry:
    """One battery that is set up, on the clock that `pass_time` turns."""
    entry = battery_entry()
    await set_up(hass, entry)
    return entry


@pytest.fixture
async def batteries(
    hass: HomeAssistant, readers: FakeReaders, freezer: FrozenDateTimeFactory
) -> list[MockConfigEntry]:
    """Two batteries that are set up and in no bank yet."""
    entries = [battery_entry(0), battery_entry(1)]
    await set_up(hass, *entries)
    return entries


@pytest.fixture
def make_bank(
    hass: HomeAssistant, readers: FakeReaders
) -> Callable[..., Awaitable[MockConfigEntry]]:
    """Set up batteries 1 to `count` and a bank of them: `await make_bank(2)`."""

    async def make(
        count: int = 2, arrangement: str = "parallel", **changes: Any
    ) -> MockConfigEntry:
        members = [battery_entry(number) for number in range(count)]
        await set_up(hass, *members)
        bank = bank_entry(members, arrangement, **changes)
        await set_up(hass, bank)
        return bank

    return make


@pytest.fixture
async def bank(
    hass: HomeAssistant, make_bank: Callable[..., Awaitable[MockConfigEntry]]
) -> MockConfigEntry:
    """Two batteries in parallel that share a load."""
    return await make_bank(2)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the seconds that switching takes be short."""
    monkeypatch.setattr(resync, "OFF", 0.05)
    monkeypatch.setattr(resync, "WATCH", 0.05)
    monkeypatch.setattr(resync, "NEWS_WITHIN", 0.1)
    monkeypatch.setattr(news, "NEWS_WITHIN", 0.1)
    monkeypatch.setattr(news, "LOOK", 0.01)
    monkeypatch.setattr(cycle, "GLANCE", 0.01)
    monkeypatch.setattr(measure, "PACE", 0.02)
    monkeypatch.setattr(switching_on, "RETRY", (0.01,) * 6)


@pytest.fixture
def pass_time(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> Callable[[float], Awaitable[None]]:
    """Let seconds pass, so that everything that is due is done: `await pass_time(30)`."""

    async def passed(seconds: float) -> None:
        freezer.tick(seconds)
        async_fire_time_changed(hass, dt_util.utc_from_timestamp(time.time()))
        await hass.async_block_till_done(wait_background_tasks=True)

    return passed


@pytest.fixture
def set_clock(freezer: FrozenDateTimeFactory) -> Iterator[Callable[[float], None]]:
    """Set the computer's clock by some hours, as NTP does at sea: `set_clock(-3)`."""
    frozen, ahead = time.time, 0.0

    def set_it(hours: float) -> None:
        nonlocal ahead
        ahead += 3600 * hours

    with patch("time.time", lambda: frozen() + ahead):
        yield set_it


@pytest.fixture
async def browser(hass: HomeAssistant, hass_client: ClientSessionGenerator) -> RepairStep:
    """Walk through a repair as the frontend does: with an issue, then with the flow's answers."""
    assert await async_setup_component(hass, "repairs", {})
    await hass.async_block_till_done()
    client = await hass_client()
    flow = ""

    async def step(issue_id: str | None = None, **answer: Any) -> dict[str, Any]:
        nonlocal flow
        if issue_id is not None:
            reply = await client.post(
                "/api/repairs/issues/fix", json={"handler": DOMAIN, "issue_id": issue_id}
            )
        else:
            reply = await client.post(f"/api/repairs/issues/fix/{flow}", json=answer)
        assert reply.status == 200, await reply.text()
        page: dict[str, Any] = await reply.json()
        flow = page.get("flow_id", flow)
        return page

    return step
