"""Every recipe loads as it stands, names entities that exist, and does what it says."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
import re
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.persistent_notification import _async_get_or_create_notifications
from homeassistant.core import HomeAssistant, ServiceCall, SupportsResponse
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.template import Template
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from homeassistant.util.yaml import load_yaml_dict, parse_yaml
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
    async_mock_service,
)

from custom_components.lifepo4_bank.const import DOMAIN
from custom_components.lifepo4_bank.core.diagnosis.finding import Kind, Severity, Status

from .automations import device_id, load
from .conftest import ADDRESSES, NAMES, FakeReaders
from .test_bank_findings import SHARING, Says

type MakeBank = Callable[..., Awaitable[MockConfigEntry]]
type PassTime = Callable[[float], Awaitable[None]]

DOCS = Path(__file__).parents[2] / "docs"
TEXT = (DOCS / "recipes.md").read_text()
DASHBOARD = "dashboard"
RECIPES = sorted(file.stem for file in (DOCS / "recipes").glob("*.yaml"))
THEIR_OWN = {"switch.charger", "switch.inverter", "switch.water_heater", "input_boolean.laid_up"}
"""What the reader replaces by his own."""
PROTECTED = replace(
    SHARING, kind=Kind.PROTECTION, cause="short_circuit", severity=Severity.ERROR,
    evidence={"flags": "short_circuit"},
)  # fmt: skip


@pytest.fixture(autouse=True)
async def _automations_end(hass: HomeAssistant) -> AsyncIterator[None]:
    """Have notifications; let no automation wait for its time of day when the test is over."""
    assert await async_setup_component(hass, "persistent_notification", {})
    yield
    if hass.services.has_service("automation", "turn_off"):
        await hass.services.async_call(
            "automation", "turn_off", {"entity_id": "all"}, blocking=True
        )


def recipe(name: str) -> dict[str, Any]:
    return load_yaml_dict(str(DOCS / "recipes" / f"{name}.yaml"))


def notifications(hass: HomeAssistant) -> list[tuple[str | None, str]]:
    """Title and message of each notification that is shown."""
    shown = _async_get_or_create_notifications(hass).values()
    return [(note["title"], note["message"]) for note in shown]


def test_the_page_shows_the_files() -> None:
    blocks = re.findall(r"^```yaml\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
    files = [(DOCS / "recipes" / f"{name}.yaml").read_text() for name in RECIPES]
    assert len(files) >= 6
    assert sorted(blocks) == sorted(files)
    assert all(isinstance(parse_yaml(block), dict) for block in blocks)


def test_the_readme_lists_them() -> None:
    titles = re.findall(r"^## (.*)\n(?:(?!^#).*\n)*?```yaml", TEXT, re.MULTILINE)
    assert len(titles) == len(RECIPES)
    readme = (DOCS.parent / "README.md").read_text()
    for title in titles:
        assert f"[{title}](docs/recipes.md#{title.lower().replace(' ', '-')})" in readme


async def test_all_load_and_name_what_exists(hass: HomeAssistant, make_bank: MakeBank) -> None:
    bank = await make_bank(2)
    registry = er.async_get(hass)
    for address, name in zip(ADDRESSES, ("starboard", "port"), strict=False):
        unique_id = f"{bank.entry_id}_{address}_current_share"
        registry.async_update_entity(
            registry.async_get_entity_id("sensor", DOMAIN, unique_id) or "",
            new_entity_id=f"sensor.{name}_current_share",
        )
    await hass.async_block_till_done()
    await load(hass, *(recipe(name) for name in RECIPES if name != DASHBOARD))
    for name in RECIPES:
        text = (DOCS / "recipes" / f"{name}.yaml").read_text()
        named = set(re.findall(r"\b(?:(?:binary_)?sensor|event|switch|input_boolean)\.\w+\b", text))
        assert named
        for entity_id in named - THEIR_OWN - {"switch.turn_on", "switch.turn_off"}:
            assert hass.states.get(entity_id), f"{name}: {entity_id}"


async def test_the_dashboard_has_cards_that_exist() -> None:
    known = {"gauge", "entities", "conditional", "markdown", "history-graph"}
    assert {card["type"] for card in recipe(DASHBOARD)["cards"]} <= known


async def test_shows_what_is_wrong_while_it_is(
    hass: HomeAssistant, make_bank: MakeBank, pass_time: PassTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    says = Says(await make_bank(2), monkeypatch)
    await load(hass, recipe("notify_on_finding"))
    says.now(SHARING, PROTECTED)
    await pass_time(28)
    shown = dict(notifications(hass))
    assert list(shown) == ["House bank"]
    assert len(notifications(hass)) == 2
    says.now(PROTECTED)
    await pass_time(28)
    ((title, message),) = notifications(hass)
    assert title == "House bank"
    assert NAMES[1] in message
    says.now(status=Status.IN_SYNC)
    await pass_time(28)
    assert notifications(hass) == []


@pytest.fixture(autouse=True)
def morning(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    """Begin before any hour that a recipe waits for, whenever the tests run."""
    tomorrow = dt_util.now() + timedelta(days=1)
    freezer.move_to(tomorrow.replace(hour=6, minute=0, second=0, microsecond=0))


async def at(hass: HomeAssistant, freezer: FrozenDateTimeFactory, when: datetime) -> None:
    """Let it be this time."""
    freezer.move_to(when)
    async_fire_time_changed(hass, when)
    await hass.async_block_till_done()


async def test_reports_every_evening(
    hass: HomeAssistant,
    make_bank: MakeBank,
    pass_time: PassTime,
    monkeypatch: pytest.MonkeyPatch,
    freezer: FrozenDateTimeFactory,
) -> None:
    says = Says(await make_bank(2), monkeypatch)
    await load(hass, recipe("nightly_diagnosis"))
    says.now(SHARING)
    await pass_time(28)
    await at(hass, freezer, dt_util.now().replace(hour=21, minute=0, second=0, microsecond=0))
    ((title, message),) = notifications(hass)
    assert title in {"House bank: out of sync", "House bank: in sync"}
    assert NAMES[1] in message
    assert "Not judged: soc mismatch." in message


async def test_the_report_is_a_list(hass: HomeAssistant) -> None:
    message = recipe("nightly_diagnosis")["actions"][1]["data"]["message"]
    report = {
        "findings": [{"message": "B2 rests."}, {"message": "B1 is cold."}],
        "current_share": {"B1": {"value": 70.4, "sigma": 2.1}, "B2": {"value": 29.6, "sigma": 2.1}},
        "not_judged": [{"kind": "soc_mismatch"}, {"kind": "soc_mismatch"}],
    }
    assert Template(message, hass).async_render({"report": report}).split("\n") == [
        "- B2 rests.",
        "- B1 is cold.",
        "",
        "- B1 takes 70 %, give or take 2.",
        "- B2 takes 30 %, give or take 2.",
        "",
        "Not judged: soc mismatch.",
    ]
    nothing: dict[str, Any] = {"findings": [], "current_share": {}, "not_judged": []}
    assert Template(message, hass).async_render({"report": nothing}) == "Nothing is wrong."


async def test_the_view_lists_what_is_wrong(hass: HomeAssistant) -> None:
    hass.states.async_set("sensor.house_bank_status", "out_of_sync", {"findings": ["A.", "B."]})
    (content,) = (card["card"]["content"] for card in recipe(DASHBOARD)["cards"] if "card" in card)
    assert Template(content, hass).async_render() == "- A.\n- B."


@pytest.mark.parametrize(("current", "switched"), [(10.0, 1), (-10.0, 0)])
async def test_stops_charging(
    hass: HomeAssistant,
    readers: FakeReaders,
    make_bank: MakeBank,
    pass_time: PassTime,
    monkeypatch: pytest.MonkeyPatch,
    current: float,
    switched: int,
) -> None:
    for address in ADDRESSES[:2]:
        readers.of(address).shows(current=current)
    says = Says(await make_bank(2), monkeypatch)
    calls = async_mock_service(hass, "switch", "turn_off")
    await load(hass, recipe("stop_charging"))
    says.now(SHARING)
    await pass_time(28)
    assert calls == []
    says.now(SHARING, PROTECTED)
    await pass_time(28)
    assert [call.data["entity_id"] for call in calls] == [["switch.charger"]] * switched


async def test_stores_half_full(
    hass: HomeAssistant, readers: FakeReaders, make_bank: MakeBank, pass_time: PassTime
) -> None:
    for address in ADDRESSES[:2]:
        readers.of(address).shows(soc=0.45)
    await make_bank(2)
    calls = async_mock_service(hass, "switch", "turn_off")
    await load(hass, recipe("store_half_full"))
    for laid_up, charge, switched in (("off", 0.55, 0), ("on", 0.45, 0), ("on", 0.55, 1)):
        hass.states.async_set("input_boolean.laid_up", laid_up)
        for address in ADDRESSES[:2]:
            readers[address].shows(soc=charge)
        await pass_time(30)
        assert len(calls) == switched, (laid_up, charge)


@pytest.mark.parametrize(
    ("cause", "hour", "count"),
    [("voltage_offset", 12, 1), ("voltage_offset", 20, 0), ("path_resistance", 12, 0)],
)
async def test_shares_the_load_out_anew_at_low_risk_only(
    hass: HomeAssistant,
    make_bank: MakeBank,
    pass_time: PassTime,
    monkeypatch: pytest.MonkeyPatch,
    freezer: FrozenDateTimeFactory,
    cause: str,
    hour: int,
    count: int,
) -> None:
    freezer.move_to(dt_util.now().replace(hour=hour, minute=0))
    bank = await make_bank(2)
    says = Says(bank, monkeypatch)
    asked: list[dict[str, Any]] = []

    async def resync(call: ServiceCall) -> dict[str, Any]:
        asked.append(dict(call.data))
        return {"message": "Done."}

    hass.services.async_register(
        DOMAIN, "resync", resync, supports_response=SupportsResponse.OPTIONAL
    )
    await load(hass, recipe("resync_at_low_risk"))
    says.now(replace(SHARING, cause=cause))
    await pass_time(28)
    assert asked == [], "not at once"
    for _ in range(22):
        await pass_time(28)
    assert asked == [{"device_id": device_id(hass, bank)}] * count
    assert notifications(hass) == [("House bank", "Done.")] * count


async def test_spares_a_bank_that_is_low(
    hass: HomeAssistant,
    readers: FakeReaders,
    make_bank: MakeBank,
    pass_time: PassTime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    says = Says(await make_bank(2), monkeypatch)
    calls = async_mock_service(hass, "switch", "turn_off")
    await load(hass, recipe("spare_the_bank"))
    says.now(SHARING)
    await pass_time(28)
    assert calls == []
    for address in ADDRESSES[:2]:
        readers[address].shows(soc=0.25)
    await pass_time(28)
    assert [call.data["entity_id"] for call in calls] == [["switch.inverter"]]


@pytest.mark.parametrize(("day", "works"), [(1, True), (1, False), (2, True)])
async def test_load_test_on_the_first(
    hass: HomeAssistant,
    make_bank: MakeBank,
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
    pass_time: PassTime,
    day: int,
    works: bool,
) -> None:
    freezer.move_to(datetime(2026, 10, day, 10, 0, tzinfo=dt_util.get_default_time_zone()))
    says = Says(await make_bank(2), monkeypatch)
    says.now(status=Status.IN_SYNC)
    await pass_time(28)
    switched = [async_mock_service(hass, "switch", f"turn_{state}") for state in ("on", "off")]

    async def check(call: ServiceCall) -> dict[str, Any]:
        assert len(switched[0]) == 1
        if not works:
            raise ServiceValidationError("no load came")
        return {"message": "Every battery carries current."}

    hass.services.async_register(
        DOMAIN, "start_check", check, supports_response=SupportsResponse.OPTIONAL
    )
    await load(hass, recipe("monthly_load_test"))
    await at(hass, freezer, dt_util.now().replace(hour=11, minute=0, second=0, microsecond=0))
    assert [len(calls) for calls in switched] == ([1, 1] if day == 1 else [0, 0])
    told = "Every battery carries current." if works else "The test could not be carried out."
    expected = [("Load test of the house bank", told)] if day == 1 else []
    assert notifications(hass) == expected
