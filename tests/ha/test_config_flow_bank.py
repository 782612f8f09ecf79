"""Banks are made, refused and changed."""

from collections.abc import Iterator
from typing import Any
from unittest.mock import AsyncMock, patch

from homeassistant.config_entries import SOURCE_INTEGRATION_DISCOVERY
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.lifepo4_bank.const import DOMAIN
from custom_components.lifepo4_bank.core.layout import Arrangement, Layout

from .conftest import NAMES, bank_entry, battery_entry
from .test_config_flow import chosen, sent


@pytest.fixture(autouse=True)
def set_ups() -> Iterator[AsyncMock]:
    """Make entries without setting them up."""
    path = "custom_components.lifepo4_bank.async_setup_entry"
    with patch(path, return_value=True) as mocked:
        yield mocked


def have(hass: HomeAssistant, count: int, **voltages: float | None) -> list[str]:
    """Add batteries; `b2=25.6` gives the third another nominal voltage. Return entry ids."""
    ids = []
    for number in range(count):
        entry = battery_entry(number)
        voltage = voltages.get(f"b{number}", 12.8)
        changed = battery_entry(number, data={**entry.data, "nominal_voltage": voltage})
        changed.add_to_hass(hass)
        ids.append(changed.entry_id)
    return ids


def options(form: Any, field: str) -> list[Any]:
    """What can be picked in a field of a form."""
    found: list[Any] = form["data_schema"].schema[field].config["options"]
    return found


async def made(hass: HomeAssistant, batteries: list[str], arrangement: str) -> Any:
    form = await chosen(hass, "bank")
    assert form["step_id"] == "bank"
    return await sent(hass, form, name="House bank", batteries=batteries, arrangement=arrangement)


@pytest.mark.parametrize("arrangement", ["parallel", "series"])
async def test_a_simple_bank(hass: HomeAssistant, arrangement: str) -> None:
    ids = have(hass, 2)
    result = await made(hass, ids, arrangement)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "House bank"
    assert result["data"] == {"kind": "bank", "batteries": ids, "arrangement": arrangement}


async def test_a_bank_has_a_name(hass: HomeAssistant) -> None:
    fields = {"batteries": have(hass, 2), "arrangement": "parallel"}
    form = await sent(hass, await chosen(hass, "bank"), name=" ", **fields)
    assert form["errors"] == {"name": "empty_name"}
    result = await sent(hass, form, name=" House bank ", **fields)
    assert result["title"] == "House bank"


async def test_the_form_lists_batteries_that_are_in_no_bank(hass: HomeAssistant) -> None:
    entries = [battery_entry(number) for number in range(4)]
    for entry in entries:
        entry.add_to_hass(hass)
    bank_entry(entries[:2]).add_to_hass(hass)
    form = await chosen(hass, "bank")
    assert [option["label"] for option in options(form, "batteries")] == list(NAMES[2:4])


@pytest.mark.parametrize(
    ("count", "arrangement", "size", "words", "keys"),
    [
        (
            4,
            "parallel_groups",
            2,
            "2S2P: two pairs in parallel, joined in series (A + B and C + D)",
            ["2"],
        ),
        (
            4,
            "series_strings",
            2,
            "2S2P: two pairs in series, joined in parallel (A + B and C + D)",
            ["2"],
        ),
        (
            6,
            "parallel_groups",
            3,
            "2S3P: two groups of three in parallel, joined in series (A + B + C and D + E + F)",
            ["2", "3"],
        ),
        (
            6,
            "series_strings",
            3,
            "3S2P: two strings of three in series, joined in parallel (A + B + C and D + E + F)",
            ["2", "3"],
        ),
    ],
)
async def test_groups_are_confirmed_in_words(
    hass: HomeAssistant, count: int, arrangement: str, size: int, words: str, keys: list[str]
) -> None:
    ids = have(hass, count)
    form = await made(hass, ids, arrangement)
    assert form["type"] is FlowResultType.FORM
    assert form["step_id"] == "groups"
    assert [option["value"] for option in options(form, "group_size")] == keys
    for number, letter in enumerate("ABCDEF"[:count]):
        words = words.replace(f"{letter} ", f"{NAMES[number]} ")
        words = words.replace(f"{letter},", f"{NAMES[number]},")
        words = words.replace(f"{letter})", f"{NAMES[number]})")
    assert words in [option["label"] for option in options(form, "group_size")]

    result = await sent(hass, form, group_size=str(size))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["data"] == {
        "kind": "bank",
        "batteries": ids,
        "arrangement": arrangement,
        "group_size": size,
    }
    Layout.of(Arrangement(arrangement), result["data"]["batteries"], result["data"]["group_size"])


async def test_a_group_size_may_be_a_number(hass: HomeAssistant) -> None:
    form = await made(hass, have(hass, 4), "series_strings")
    result = await sent(hass, form, group_size=2)
    assert result["data"]["group_size"] == 2


@pytest.mark.parametrize(
    ("count", "arrangement", "reason"),
    [
        (1, "parallel", "too_few_batteries"),
        (2, "parallel_groups", "uneven_groups"),
        (3, "series_strings", "uneven_groups"),
    ],
)
async def test_what_cannot_be_joined_is_refused(
    hass: HomeAssistant, count: int, arrangement: str, reason: str
) -> None:
    ids = have(hass, 4)
    form = await made(hass, ids[:count], arrangement)
    assert form["step_id"] == "bank"
    assert form["errors"] == {"batteries": reason}
    result = await sent(hass, form, name="Bank", batteries=ids, arrangement="parallel")
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_one_battery_twice_is_refused(hass: HomeAssistant) -> None:
    ids = have(hass, 2)
    form = await made(hass, [ids[0], ids[0]], "parallel")
    assert form["errors"] == {"batteries": "duplicate_battery"}


async def test_unequal_voltage_in_parallel_is_refused_with_the_voltages(
    hass: HomeAssistant,
) -> None:
    ids = have(hass, 2, b1=25.6)
    form = await made(hass, ids, "parallel")
    assert form["errors"] == {"batteries": "unequal_voltage"}
    assert form["description_placeholders"]["voltages"] == (
        f"{NAMES[0]} 12.8 V and {NAMES[1]} 25.6 V"
    )
    result = await sent(hass, form, name="Bank", batteries=ids, arrangement="series")
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_a_battery_of_unknown_voltage_is_not_refused(hass: HomeAssistant) -> None:
    result = await made(hass, have(hass, 2, b1=None), "parallel")
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_a_group_of_unequal_voltage_is_refused_and_an_equal_one_is_not(
    hass: HomeAssistant,
) -> None:
    """Two groups of three fit, three pairs do not: the third battery is apart from the fourth."""
    form = await made(hass, have(hass, 6, b3=25.6, b4=25.6, b5=25.6), "parallel_groups")
    assert form["step_id"] == "groups"
    form = await sent(hass, form, group_size="2")
    assert form["step_id"] == "groups"
    assert form["errors"] == {"group_size": "unequal_voltage"}
    result = await sent(hass, form, group_size="3")
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_strings_of_unequal_voltage_are_refused(hass: HomeAssistant) -> None:
    form = await made(hass, have(hass, 4, b0=25.6), "series_strings")
    assert form["step_id"] == "bank"
    assert form["errors"] == {"batteries": "unequal_voltage"}


async def test_a_battery_of_another_bank_is_refused(hass: HomeAssistant) -> None:
    ids = have(hass, 4)
    form = await chosen(hass, "bank")
    entries = [hass.config_entries.async_get_entry(battery) for battery in ids[:2]]
    bank_entry([entry for entry in entries if isinstance(entry, MockConfigEntry)]).add_to_hass(hass)
    form = await sent(hass, form, name="Bank", batteries=ids, arrangement="parallel")
    assert form["errors"] == {"batteries": "in_another_bank"}


@pytest.mark.parametrize("count", [0, 1])
async def test_a_bank_needs_two_batteries(hass: HomeAssistant, count: int) -> None:
    have(hass, count)
    result = await chosen(hass, "bank")
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "too_few_batteries"


async def test_reconfigure_keeps_the_entry(hass: HomeAssistant) -> None:
    entries = [battery_entry(number) for number in range(4)]
    for entry in entries:
        entry.add_to_hass(hass)
    ids = [entry.entry_id for entry in entries]
    bank = bank_entry(entries[:2])
    bank.add_to_hass(hass)

    form = await bank.start_reconfigure_flow(hass)
    assert form["step_id"] == "reconfigure_bank"
    assert len(options(form, "batteries")) == 4
    form = await sent(hass, form, batteries=ids, arrangement="parallel_groups")
    assert form["step_id"] == "groups"
    result = await sent(hass, form, group_size="2")
    assert result["reason"] == "reconfigure_successful"
    assert bank.data == {
        "kind": "bank",
        "batteries": ids,
        "arrangement": "parallel_groups",
        "group_size": 2,
    }
    assert bank.title == "House bank"

    form = await bank.start_reconfigure_flow(hass)
    result = await sent(hass, form, batteries=ids[:3], arrangement="series")
    assert result["reason"] == "reconfigure_successful"
    assert bank.data == {"kind": "bank", "batteries": ids[:3], "arrangement": "series"}


@pytest.mark.parametrize("offered", [True, False])
async def test_batteries_that_cannot_be_picked_any_more_are_not_suggested(
    hass: HomeAssistant, offered: bool
) -> None:
    """A form that holds what it does not offer cannot be sent, nor can that be taken out."""
    ids = have(hass, 4)
    form: Any
    if offered:
        form = await hass.config_entries.flow.async_init(
            DOMAIN,
            context={"source": SOURCE_INTEGRATION_DISCOVERY},
            data={"nominal_voltage": 12.8},
        )
        bank_of(hass, ids[:2]).add_to_hass(hass)
        form = await hass.config_entries.flow.async_configure(form["flow_id"])
    else:
        bank = bank_of(hass, ids)
        bank.add_to_hass(hass)
        for battery in ids[:2]:
            await hass.config_entries.async_remove(battery)
        form = await bank.start_reconfigure_flow(hass)
    assert {option["value"] for option in options(form, "batteries")} == set(ids[2:])
    (suggested,) = (
        marker.description["suggested_value"]
        for marker in form["data_schema"].schema
        if marker == "batteries"
    )
    assert suggested == ids[2:]


def bank_of(hass: HomeAssistant, batteries: list[str]) -> MockConfigEntry:
    """A bank of these batteries."""
    entries = [hass.config_entries.async_get_entry(battery) for battery in batteries]
    return bank_entry([entry for entry in entries if isinstance(entry, MockConfigEntry)])
