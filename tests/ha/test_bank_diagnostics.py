"""The downloads hold what a bug report needs and nothing that tells whose batteries these are."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
import json

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.update_coordinator import UpdateFailed
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.lifepo4_bank import bank as bank_module
from custom_components.lifepo4_bank.ble.errors import Reason, Unreachable
from custom_components.lifepo4_bank.const import DOMAIN
from custom_components.lifepo4_bank.core.diagnosis.finding import Finding, Kind, Severity
from custom_components.lifepo4_bank.core.recording import read_log
from custom_components.lifepo4_bank.core.replay import replay
from custom_components.lifepo4_bank.diagnostics import async_get_config_entry_diagnostics
from custom_components.lifepo4_bank.pseudonyms import Aliases, Pseudonyms

from .conftest import ADDRESSES, NAMES, FakeReaders, battery_entry, set_up
from .test_bank_diagnosis import LOADS, carry
from .test_bank_findings import Says

type MakeBank = Callable[..., Awaitable[MockConfigEntry]]
type PassTime = Callable[[float], Awaitable[None]]


def assert_anonymous(text: str, entries: list[str]) -> None:
    for secret in (*ADDRESSES, *NAMES, *entries, "A0000", "C84780"):
        assert secret.casefold() not in text.casefold(), secret


async def test_bank(
    hass: HomeAssistant, make_bank: MakeBank, readers: FakeReaders, pass_time: PassTime
) -> None:
    bank = await make_bank(2)
    readers[ADDRESSES[1]].shows(current=-30.0, soc=0.4)
    await pass_time(27)
    told = json.loads(json.dumps(await async_get_config_entry_diagnostics(hass, bank)))
    assert_anonymous(json.dumps(told), bank.data["batteries"])
    assert told["bank"]["layout"] == "1S2P"
    assert told["bank"]["blocks"] == [["battery_1", "battery_2"]]
    assert told["batteries"]["battery_2"]["nominal_voltage"] == 12.8
    assert told["links"]["battery_1"]["link_quality"] == 1.0
    assert told["state"]["totals"]["online"] == 2
    assert len(told["samples"]) == 2
    newest = told["samples"][-1]["batteries"]
    assert newest["battery_2"]["current"] == -30.0
    log = read_log(json.dumps({"data": told}), None, lambda _, what: pytest.fail(what))
    assert log.layout.notation == "1S2P"
    samples = list(log.samples)
    assert len(samples) == 2
    assert samples[-1].batteries["battery_2"].soc == 0.4


async def test_a_download_says_what_the_bank_said(
    hass: HomeAssistant,
    make_bank: MakeBank,
    readers: FakeReaders,
    pass_time: PassTime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bank_module, "KEPT_SAMPLES", 25)
    bank = await make_bank(2)
    for turn in range(80):
        carry(readers, LOADS[turn % len(LOADS)], extra_path=0.02)
        await pass_time(27)
    readers[ADDRESSES[0]].shows(protections=("short_circuit",))
    await pass_time(27)
    live = bank.runtime_data.data
    assert {(one.kind, one.cause) for one in live.findings} >= {
        (Kind.ASYMMETRIC_CURRENT_SHARING, "path_resistance"),
        (Kind.PROTECTION, "short_circuit"),
    }
    told = await async_get_config_entry_diagnostics(hass, bank)
    text = json.dumps({"home_assistant": {}, "data": told})
    assert_anonymous(text, bank.data["batteries"])
    log = read_log(text, None, lambda _, what: pytest.fail(what))
    result = replay(log)
    assert result.samples <= 50
    names = dict(zip(ADDRESSES, log.layout.batteries, strict=False))
    assert result.state is not None
    assert [_said(one) for one in result.state.findings] == [
        _said(replace(one, batteries=tuple(names[battery] for battery in one.batteries)))
        for one in live.findings
    ]
    for battery, own in live.own_resistance.items():
        again = result.state.own_resistance[names[battery]]
        assert again.value == pytest.approx(own.value, rel=0.02)
        assert again.since == own.since


def _said(finding: Finding) -> tuple[object, ...]:
    """Tell all but what moves from one look to the next."""
    return finding.identity, finding.cause, finding.severity, finding.first_seen


async def test_bank_with_a_removed_battery(hass: HomeAssistant, make_bank: MakeBank) -> None:
    bank = await make_bank(3)
    gone = bank.data["batteries"][1]
    await hass.config_entries.async_remove(gone)
    await hass.async_block_till_done()
    told = await async_get_config_entry_diagnostics(hass, bank)
    assert_anonymous(json.dumps(told), [*bank.data["batteries"], gone])
    assert told["bank"]["removed"] == ["battery_2"]
    assert told["links"]["battery_2"] is None


async def test_battery(hass: HomeAssistant, battery: MockConfigEntry) -> None:
    hass.config_entries.async_update_entry(battery, options={"secret": "1234", "capacity": 99})
    told = await async_get_config_entry_diagnostics(hass, battery)
    text = json.dumps(told)
    assert_anonymous(text, [battery.entry_id])
    assert "1234" not in text
    assert told["entry"]["options"]["capacity"] == 99
    assert told["reading"]["voltage"] == 13.2
    assert told["link"]["maker"]["model"] == "12 V 100 Ah"


async def test_the_name_that_its_owner_gave_to_a_battery_is_hidden(
    hass: HomeAssistant, battery: MockConfigEntry
) -> None:
    registry = dr.async_get(hass)
    device = registry.async_get_device_by_identifier((DOMAIN, ADDRESSES[0]), battery.entry_id)
    assert device is not None
    registry.async_update_device(device.id, name_by_user="Gerda's port side")
    await battery.runtime_data.async_read()
    assert battery.runtime_data.battery.name == "Gerda's port side"
    battery.runtime_data.last_exception = UpdateFailed("Gerda's port side is heard, no more")
    told = await async_get_config_entry_diagnostics(hass, battery)
    assert_anonymous(json.dumps(told), [battery.entry_id, "Gerda"])
    assert told["battery"]["name"] == told["entry"]["title"] == "battery_1"
    assert told["link"]["last_failure"] == "battery_1 is heard, no more"


async def test_battery_that_could_not_be_set_up(hass: HomeAssistant, readers: FakeReaders) -> None:
    readers.of(ADDRESSES[0]).error = Unreachable(Reason.OUT_OF_RANGE)
    entry = battery_entry()
    await set_up(hass, entry)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    told = await async_get_config_entry_diagnostics(hass, entry)
    assert_anonymous(json.dumps(told), [entry.entry_id])
    assert told["entry"]["state"] == "setup_retry"
    assert "reading" not in told


async def test_bank_that_is_not_loaded(hass: HomeAssistant, make_bank: MakeBank) -> None:
    bank = await make_bank(2)
    await hass.config_entries.async_unload(bank.entry_id)
    told = await async_get_config_entry_diagnostics(hass, bank)
    assert_anonymous(json.dumps(told), bank.data["batteries"])
    assert told["entry"]["state"] == "not_loaded"


TITLES = (
    ("members", "current"),
    ("time", "findings"),
    ("batteries", "samples"),
    ("last", "reading"),
    ("parallel", "1S2P"),
    ("LiTime", "Bluetooth battery"),
    ("unknown", "path_resistance"),
    ("A", "12"),
    ("B1", "B10"),
    ("battery_2", "battery_1"),
    ("\N{BATTERY}", "Weiße Kiste"),
    ("{battery}", r"\\1 (.*)"),
    ("bank", "House"),
)


async def test_a_battery_may_be_called_anything(
    hass: HomeAssistant, make_bank: MakeBank, readers: FakeReaders, pass_time: PassTime
) -> None:
    bank = await make_bank(2)
    for turn in range(80):
        carry(readers, LOADS[turn % len(LOADS)], extra_path=0.02)
        await pass_time(27)
    told = await async_get_config_entry_diagnostics(hass, bank)
    assert [found["cause"] for found in told["state"]["findings"]] == ["path_resistance"]
    for titles in TITLES:
        await call(hass, bank, titles)
        again = await async_get_config_entry_diagnostics(hass, bank)
        assert again == told, titles
        for member in map(hass.config_entries.async_get_entry, bank.data["batteries"]):
            assert member is not None
            lone = await async_get_config_entry_diagnostics(hass, member)
            assert lone["battery"]["name"] == lone["entry"]["title"] == "battery_1"
            assert lone["reading"]["state"] == "discharging"
            assert lone["entry"]["state"] == "loaded"


async def call(hass: HomeAssistant, bank: MockConfigEntry, titles: tuple[str, ...]) -> None:
    """Rename the batteries of a bank."""
    for entry_id, title in zip(bank.data["batteries"], titles, strict=True):
        entry = hass.config_entries.async_get_entry(entry_id)
        assert entry is not None
        entry.runtime_data.battery = replace(entry.runtime_data.battery, name=title)
        hass.config_entries.async_update_entry(entry, title=title)
    await hass.async_block_till_done()


async def test_a_name_is_hidden_in_what_people_wrote(
    hass: HomeAssistant, bank: MockConfigEntry
) -> None:
    await call(hass, bank, ("Weiße Kiste", "Bb"))
    hass.config_entries.async_update_entry(
        bank, title="Gerda", options={"current_sensor": "sensor.gerda_bb_current"}
    )
    await hass.async_block_till_done()
    failure = UpdateFailed("weiße kiste and Bb do not answer, Bbb does")
    bank.runtime_data.members[ADDRESSES[1]].last_exception = failure
    told = await async_get_config_entry_diagnostics(hass, bank)
    assert told["entry"]["title"] == "bank"
    assert told["entry"]["options"]["current_sensor"] == "sensor.bank_battery_2_current"
    assert (
        told["links"]["battery_2"]["last_failure"]
        == "battery_1 and battery_2 do not answer, Bbb does"
    )


async def test_a_name_is_hidden_in_evidence_and_sentence(
    hass: HomeAssistant, make_bank: MakeBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank = await make_bank(2)
    await call(hass, bank, ("Gerda", "short_circuit"))
    found = Finding(
        kind=Kind.CIRCULATING_CURRENT,
        cause="voltage_offset",
        severity=Severity.WARNING,
        batteries=(ADDRESSES[1],),
        first_seen=1.0,
        last_seen=2.0,
        evidence={
            "circulating_A": 5.24,
            "giver": "Gerda",
            "refuted": "Gerda, short_circuit",
            "flags": "short_circuit",
        },
    )
    Says(bank, monkeypatch).now(found)
    await bank.runtime_data.async_read_together()
    (told,) = (await async_get_config_entry_diagnostics(hass, bank))["state"]["findings"]
    assert told["batteries"] == ["battery_2"]
    assert told["evidence"] == {
        "circulating_A": 5.24,
        "giver": "battery_1",
        "refuted": "battery_1, battery_2",
        "flags": "short_circuit",
    }
    assert told["message"].startswith("battery_2 is being charged with 5.2 A by battery_1:")


def test_pseudonyms_are_the_same_everywhere() -> None:
    names = Pseudonyms(
        {
            "battery_1": Aliases.of(["AA:BB:CC:DD:EE:01", None], ["Port side"]),
            "battery_2": Aliases.of(["AA:BB:CC:DD:EE:02"], ["A"]),
        }
    )
    assert names.hide(
        {
            "aa:bb:cc:dd:ee:01": "A",
            "AA:BB:CC:DD:EE:01+AA:BB:CC:DD:EE:02": 1,
            "path": "/dev_AABBCCDDEE02 or /dev_AA_BB_CC_DD_EE_02",
            "share": ["AA:BB:CC:DD:EE:02", {"a": 1.5}],
            "proxy": "11:22:33:44:55:66",
        }
    ) == {
        "battery_1": "A",
        "battery_1+battery_2": 1,
        "path": "/dev_battery_2 or /dev_battery_2",
        "share": ["battery_2", {"a": 1.5}],
        "proxy": "(address)",
    }
    assert (
        names.text("Port side carries more than A; A's share at AA:BB:CC:DD:EE:02 is low")
        == "battery_1 carries more than battery_2; battery_2's share at battery_2 is low"
    )
    assert names.text("sensor.port_side_voltage") == "sensor.battery_1_voltage"
