"""Whatever is asked of Home Assistant, only listed bytes reach a battery.

Every action, every entity and the options are called with nonsense and with what is allowed, in
any order, on real links to virtual batteries; the bytes are looked at where they leave.
"""

from collections.abc import AsyncIterator
from contextlib import suppress
from itertools import product
from random import Random
from typing import Any, cast
from unittest.mock import patch

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import InvalidData
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr, entity_registry as er
import probatio
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.lifepo4_bank import cycle, services, start_check
from custom_components.lifepo4_bank.ble.commands import link_class
from custom_components.lifepo4_bank.ble.link import Link
from custom_components.lifepo4_bank.const import DOMAIN
from tests.ble.test_guard import BYTES
from tests.virtual_bank.client import SettableBattery
from tests.virtual_bank.direct import DirectClient
from tests.virtual_bank.test_reader import KEYS
from virtual_bank.clock import Clock
from virtual_bank.families import FAMILIES
from virtual_bank.radio import Radio

from .conftest import bank_entry, battery_entry, set_up
from .scanners import Adapter

SPEED = 50
NONSENSE = 20
SECRETS = {"jbd": (b"\xff\xaa\x15", b"\xff\xaa\x17"), "ant": (b"\x7e\xa1\x23\x6a\x01",)}
"""How the frames begin that carry a password."""
HOSTILE: tuple[Any, ...] = (
    None, "", "off", "0D", "shutdown", "\x60", "\x60" * 300, "00 00 04 01 60 55 AA 64", b"\x60",
    b"\x00\x00\x04\x01\x60\x55\xaa\x64", 0, 0x60, -1, 3.5, 1e308, float("nan"), float("inf"), [],
    ["discharge"], {}, {"enabled": True}, object(), "../../etc", "{{ 1 / 0 }}", "ü", "\n",
)  # fmt: skip
ALLOWED: dict[str, tuple[Any, ...]] = {
    "enabled": (True, False),
    "force": (True, False),
    "off_seconds": (2,),
    "check": ("pre_parallel", "load_test"),
}


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """All bytes that leave for any battery."""
    found: list[bytes] = []
    write = DirectClient.write_gatt_char

    async def spy(self: DirectClient, characteristic: Any, data: Any, response: bool) -> None:
        found.append(bytes(data))
        await write(self, characteristic, data, response)

    monkeypatch.setattr(DirectClient, "write_gatt_char", spy)
    return found


@pytest.fixture(autouse=True)
def _quick(quick: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait as much less as the batteries are faster."""
    monkeypatch.setattr(start_check, "WAIT_FOR_LOAD", 0.1)
    monkeypatch.setattr(start_check, "LASTS", 0.1)
    monkeypatch.setattr(Link, "SETTLE", 0.02)
    for key in BYTES:
        monkeypatch.setattr(link_class(key), "PATIENCE", 0.3)
    begin = cycle.async_cycle

    def shorter(*args: Any, force: bool) -> Any:
        hass, coordinator, seconds = args
        return begin(hass, coordinator, seconds / SPEED, force=force)

    monkeypatch.setattr(services, "async_cycle", shorter)


@pytest.fixture(params=KEYS)
async def radios(request: pytest.FixtureRequest) -> list[Radio]:
    """Two batteries of a family that can be switched."""
    make = FAMILIES[request.param]
    return [
        Radio(
            make.wire(
                f"{make.prefix}:15:D8:3{number}",
                make.name.format(volts=24, cells=8, capacity=100, number=number),
                SettableBattery(),
            ),
            Clock(SPEED),
        )
        for number in (4, 5)
    ]


@pytest.fixture
def key(radios: list[Radio]) -> str:
    """The family of aiobmsble."""
    return next(KEYS[name] for name in KEYS if isinstance(radios[0].wire, FAMILIES[name].wire))


@pytest.fixture
async def boat(
    hass: HomeAssistant, radios: list[Radio], key: str, written: list[bytes]
) -> AsyncIterator[list[MockConfigEntry]]:
    """The batteries and their bank, set up with every entity enabled."""
    adapter = Adapter("hci0")
    adapter.plug_in(hass, radios)
    batteries = [
        battery_entry(
            title=radio.wire.name,
            unique_id=radio.wire.address,
            data={
                "kind": "battery",
                "address": radio.wire.address,
                "family": key,
                "nominal_voltage": 25.6,
            },
        )
        for radio in radios
    ]
    bank = bank_entry(batteries)
    with patch("homeassistant.helpers.entity.Entity.entity_registry_enabled_default", True):
        await set_up(hass, *batteries, bank)
    yield [*batteries, bank]
    adapter.unplug()


REFUSALS = (HomeAssistantError, InvalidData, probatio.Invalid, TypeError, ValueError)
"""How Home Assistant and the integration say no."""


async def call(hass: HomeAssistant, domain: str, name: str, data: dict[Any, Any]) -> None:
    """Call an action or a service; whatever becomes of it."""
    answers = hass.services.supports_response(domain, name).value != "none"
    with suppress(*REFUSALS):
        await hass.services.async_call(domain, name, data, blocking=True, return_response=answers)


def actions(hass: HomeAssistant) -> dict[str, list[str]]:
    """The names of all our actions, and their fields."""
    return {
        name: [str(field) for field in cast("Any", service.schema).schema]
        for name, service in hass.services.async_services_for_domain(DOMAIN).items()
    }


def commands(radios: list[Radio]) -> set[tuple[str, bool]]:
    """What the batteries were told to do."""
    batteries = [radio.wire.battery for radio in radios]
    return {
        command
        for battery in batteries
        if isinstance(battery, SettableBattery)
        for command in battery.commands
    }


def assert_listed(written: list[bytes], key: str, radios: list[Radio]) -> None:
    """Only what is published has left, and no battery is the worse for it."""
    others = [frame for frame in written if frame not in BYTES[key]]
    assert all(frame.startswith(SECRETS.get(key, ())) for frame in others), others
    assert [radio.wire.bricked for radio in radios] == [None, None]


async def test_actions(
    hass: HomeAssistant,
    boat: list[MockConfigEntry],
    radios: list[Radio],
    key: str,
    written: list[bytes],
) -> None:
    random = Random(key)
    registry = dr.async_get(hass)
    devices = [
        device.id
        for entry in boat
        for device in dr.async_entries_for_config_entry(registry, entry.entry_id)
    ]
    allowed = ALLOWED | {"device_id": devices}
    calls: list[tuple[str, dict[Any, Any]]] = []
    assert len(actions(hass)) >= 6
    for name, fields in actions(hass).items():
        right = [
            dict(zip(fields, values, strict=True))
            for values in product(*(allowed[field] for field in fields))
        ]
        calls += [(name, data) for data in right]
        for _ in range(NONSENSE):
            data = random.choice(right) | {random.choice(fields): random.choice(HOSTILE)}
            data.pop(random.choice((*fields, "")), None)
            calls.append((name, data | {random.choice((*fields, "command")): b"\x60"}))
            calls.append((name, data))
    random.shuffle(calls)
    for name, data in calls:
        await call(hass, DOMAIN, name, data)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert_listed(written, key, radios)
    assert commands(radios) == {
        (mosfet, on) for mosfet in ("discharge", "charge") for on in (True, False)
    }


async def test_entities(
    hass: HomeAssistant,
    boat: list[MockConfigEntry],
    radios: list[Radio],
    key: str,
    written: list[bytes],
) -> None:
    random = Random(key)
    ours = [
        entity
        for entry in boat
        for entity in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    ]
    assert {entity.domain for entity in ours} >= {"switch", "button", "sensor", "binary_sensor"}
    # once a battery is left to a phone, nothing can be asked of it
    for entity in sorted(ours, key=lambda entity: entity.domain == "button"):
        everywhere = ("turn_on", "turn_off", "toggle", "update_entity")
        services = [("homeassistant", name) for name in everywhere]
        services += [(entity.domain, name) for name in everywhere[:3]]
        services += [(entity.domain, "press"), (entity.domain, "set_value")]
        random.shuffle(services)
        for domain, name in services:
            if hass.services.has_service(domain, name):
                await call(hass, domain, name, {"entity_id": entity.entity_id})
                extra = {random.choice(("enabled", "command", 96)): random.choice(HOSTILE)}
                await call(hass, domain, name, {"entity_id": entity.entity_id, **extra})
                await call(hass, domain, name, {"entity_id": random.choice(HOSTILE)})
    await hass.async_block_till_done(wait_background_tasks=True)
    assert_listed(written, key, radios)
    assert commands(radios)


async def test_options(
    hass: HomeAssistant,
    boat: list[MockConfigEntry],
    radios: list[Radio],
    key: str,
    written: list[bytes],
) -> None:
    random = Random(key)
    battery = boat[0]
    for secret in (*HOSTILE, "123456", "000000", "x" * 64):
        options = {"poll_interval": 30, "link": "auto"}
        if key in SECRETS:
            options["secret"] = secret
        if random.random() < 0.5:
            options[random.choice(("poll_interval", "link", "capacity"))] = random.choice(HOSTILE)
        flow = await hass.config_entries.options.async_init(battery.entry_id)
        with suppress(*REFUSALS):
            await hass.config_entries.options.async_configure(flow["flow_id"], options)
        await hass.async_block_till_done(wait_background_tasks=True)
        if battery.state is ConfigEntryState.LOADED:
            await battery.runtime_data.async_refresh()
        else:  # a secret that was refused
            await hass.config_entries.async_reload(battery.entry_id)
    assert_listed(written, key, radios)
    assert any(frame not in BYTES[key] for frame in written) is (key in SECRETS)
