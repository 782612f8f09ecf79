"""Triggers, as automations use them."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.helpers.condition import async_get_all_descriptions as conditions
from homeassistant.helpers.trigger import async_get_all_descriptions as triggers
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.lifepo4_bank.const import DOMAIN
from custom_components.lifepo4_bank.core.battery import BatteryState
from custom_components.lifepo4_bank.core.diagnosis.finding import Severity, Status

from .automations import automate, device_id, entity_id, on
from .conftest import ADDRESSES, NAMES, FakeReaders
from .test_bank import of
from .test_bank_findings import NOTE, SHARING, Says

type MakeBank = Callable[..., Awaitable[MockConfigEntry]]
type PassTime = Callable[[float], Awaitable[None]]

WORSE = replace(SHARING, severity=Severity.ERROR)
UNUSED = replace(NOTE, cause="too_full", evidence={"idle_days": 8.0, "soc_percent": 90.0})


def told(calls: list[ServiceCall], *keys: str) -> list[Any]:
    """What was told since the last question: the trigger and the wanted values."""
    found = [tuple(call.data[key] for key in ("id", *keys)) for call in calls]
    calls.clear()
    return found


async def test_a_finding_comes_and_goes(
    hass: HomeAssistant, make_bank: MakeBank, pass_time: PassTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank = await make_bank(2)
    says = Says(bank, monkeypatch)
    target = {"device_id": device_id(hass, bank)}
    names = ("out_of_sync_detected", "back_in_sync", "finding_raised", "finding_cleared")
    calls = await automate(hass, triggers=[{**on(name, target), "id": name} for name in names])

    says.now(SHARING)
    await pass_time(28)
    finding = ("asymmetric_current_sharing", "path_resistance", "warning", [NAMES[1]])
    sentence = of(hass, bank, "status").attributes["findings"][0]
    assert NAMES[1] in sentence
    about = ("bank", "device_id", "kind", "cause", "severity", "batteries", "message")
    bank_told = ("House bank", target["device_id"])
    assert sorted(told(calls, *about)) == [
        ("finding_raised", *bank_told, *finding, sentence),
        ("out_of_sync_detected", *bank_told, *finding, sentence),
    ]

    says.now(WORSE, UNUSED)
    await pass_time(28)
    assert told(calls, "severity") == [("finding_raised", "error")], "the note is not told"
    unused = of(hass, bank, "status").attributes["findings"][1]
    assert unused.startswith("The bank has not been used for 8 days")

    says.now(status=Status.IN_SYNC)
    await pass_time(28)
    assert sorted(told(calls, "bank", "kind", "message")) == [
        ("back_in_sync", "House bank", None, sentence),
        ("finding_cleared", "House bank", "asymmetric_current_sharing", sentence),
        ("finding_cleared", "House bank", "storage", unused),
    ]


@pytest.mark.parametrize(
    ("options", "count"),
    [
        ({}, 1),
        ({"kind": "soc_mismatch"}, 0),
        ({"kind": ["soc_mismatch", "asymmetric_current_sharing"]}, 1),
        ({"kind": [], "minimum_severity": "note"}, 2),
        ({"minimum_severity": "error"}, 0),
    ],
)
async def test_options_of_finding_raised(
    hass: HomeAssistant,
    make_bank: MakeBank,
    pass_time: PassTime,
    monkeypatch: pytest.MonkeyPatch,
    options: dict[str, Any],
    count: int,
) -> None:
    bank = await make_bank(2)
    target = {"entity_id": entity_id(hass, bank, "diagnosis")}
    calls = await automate(hass, triggers=[on("finding_raised", target, **options)])
    Says(bank, monkeypatch).now(SHARING, NOTE)
    await pass_time(28)
    assert len(calls) == count


async def test_only_what_lasts_counts(
    hass: HomeAssistant, make_bank: MakeBank, pass_time: PassTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank = await make_bank(2)
    says = Says(bank, monkeypatch)
    target = {"device_id": device_id(hass, bank)}
    lasting = on("out_of_sync_detected", target, **{"for": {"minutes": 2}})
    calls = await automate(hass, triggers=[lasting])
    for status, passed, count in ((0, 60, 0), (1, 150, 0), (0, 60, 0), (0, 90, 1)):
        says.now(*(() if status else (SHARING,)), status=Status.IN_SYNC)
        await pass_time(28)
        await pass_time(passed)
        assert len(calls) == count, (status, passed)
    assert told(calls, "kind", "severity")[0][1:] == ("asymmetric_current_sharing", "warning")


async def test_after_not_knowing_it_is_news(
    hass: HomeAssistant, make_bank: MakeBank, pass_time: PassTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank = await make_bank(2)
    says = Says(bank, monkeypatch)
    target = {"device_id": device_id(hass, bank)}
    names = ("out_of_sync_detected", "back_in_sync")
    calls = await automate(hass, triggers=[{**on(name, target), "id": name} for name in names])
    says.now(status=Status.UNKNOWN)
    await pass_time(28)
    says.now(status=Status.IN_SYNC)
    await pass_time(28)
    assert told(calls) == [], "it was never out of sync"
    says.now(status=Status.UNKNOWN)
    await pass_time(28)
    says.now(SHARING)
    await pass_time(28)
    assert told(calls) == [("out_of_sync_detected",)]


async def test_a_restart_tells_nothing_again(
    hass: HomeAssistant, readers: FakeReaders, make_bank: MakeBank, pass_time: PassTime
) -> None:
    bank = await make_bank(2)
    target = {"device_id": device_id(hass, bank)}
    names = ("out_of_sync_detected", "back_in_sync", "finding_raised", "finding_cleared")
    calls = await automate(hass, triggers=[{**on(name, target), "id": name} for name in names])
    readers[ADDRESSES[1]].shows(
        protections=("short_circuit",), state=BatteryState.PROTECTION, current=0.0
    )
    await pass_time(30)
    assert sorted(told(calls, "kind")) == [
        ("finding_raised", "protection"),
        ("out_of_sync_detected", "protection"),
    ]
    entries = [bank, *map(hass.config_entries.async_get_entry, bank.data["batteries"])]
    for entry in entries:
        assert entry is not None
        assert await hass.config_entries.async_unload(entry.entry_id)
    for entry in entries:
        assert entry is not None
        await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    await pass_time(30)
    assert of(hass, bank, "out_of_sync").state == "on"
    assert told(calls) == []
    readers[ADDRESSES[1]].shows(protections=(), state=BatteryState.DISCHARGING, current=-10.0)
    for _ in range(24):
        await pass_time(30)
    assert of(hass, bank, "out_of_sync").state == "off"
    assert sorted(told(calls)) == [("back_in_sync",), ("finding_cleared",)]


async def test_only_the_banks_own_entities_count(
    hass: HomeAssistant, make_bank: MakeBank, pass_time: PassTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank = await make_bank(2)
    others = ["binary_sensor.door", entity_id(hass, bank, "asymmetric_current_sharing")]
    hass.states.async_set("binary_sensor.door", "off", {"device_class": "problem"})
    hass.states.async_set("event.bell", "2026-01-01T00:00:00.000+00:00", {"event_type": "ring"})
    raised = {"kind": "protection", "severity": "error", "event_type": "protection"}
    calls = await automate(
        hass,
        triggers=[
            on("out_of_sync_detected", {"entity_id": others}),
            on("finding_raised", {"entity_id": ["event.bell"]}),
        ],
    )
    Says(bank, monkeypatch).now(SHARING)
    await pass_time(28)
    hass.states.async_set("binary_sensor.door", "on", {"device_class": "problem"})
    hass.states.async_set("event.bell", "2026-01-02T00:00:00.000+00:00", raised)
    await hass.async_block_till_done()
    assert of(hass, bank, "asymmetric_current_sharing").state == "on"
    assert calls == []


async def test_the_automation_editor_offers_them(hass: HomeAssistant, make_bank: MakeBank) -> None:
    await make_bank(2)
    assert await async_setup_component(hass, "automation", {})
    await hass.async_block_till_done()
    offered = {key: value for key, value in (await triggers(hass)).items() if DOMAIN in key}
    assert {key: set(value["fields"]) for key, value in offered.items() if value} == {
        f"{DOMAIN}.out_of_sync_detected": {"behavior", "for"},
        f"{DOMAIN}.back_in_sync": {"behavior", "for"},
        f"{DOMAIN}.finding_raised": {"kind", "minimum_severity"},
        f"{DOMAIN}.finding_cleared": {"kind"},
    }
    tested = {key: value for key, value in (await conditions(hass)).items() if DOMAIN in key}
    assert {key: set(value["fields"]) for key, value in tested.items() if value} == {
        f"{DOMAIN}.is_out_of_sync": {"behavior", "for"},
        f"{DOMAIN}.is_in_sync": {"behavior", "for"},
    }
