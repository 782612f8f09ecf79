"""What is shown follows the readings closely, but not their noise."""

from collections.abc import Awaitable, Callable
import random

from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers.event import async_track_state_change_event
from hypothesis import given, strategies as st
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.lifepo4_bank.deadband import STEP, Deadband

from .conftest import ADDRESS, FakeReaders
from .test_battery_entities import SHOWN, entity

type Passed = Callable[[float], Awaitable[None]]


def test_noise_is_seldom_shown_and_the_mean_is_right() -> None:
    noise = random.Random(1)
    band = Deadband(0.05, 0.005, digits=2)
    rows, shown = 0, None
    for _ in range(1000):
        before, shown = shown, band.show(23.0 + noise.gauss(0, 0.1))
        rows += shown != before
        assert shown == pytest.approx(23.0, abs=0.4)
    assert rows < 100


def test_a_slow_drift_is_followed() -> None:
    band = Deadband(0.2, digits=1)
    for number in range(1000):
        shown = band.show(50 + number / 100)
    assert shown == pytest.approx(59.99, abs=0.25)


def test_without_a_band_every_change_is_shown() -> None:
    band = Deadband()
    assert [band.show(value) for value in (1, 1, 2, 2.001)] == [1, 1, 2, 2.001]


def test_unknown_and_known_again() -> None:
    band = Deadband(5, digits=0)
    assert [band.show(value) for value in (10, None, 11, 12)] == [10, None, 11, 11]


@pytest.mark.parametrize("pair", [(0.04, 0.0), (0.0, -0.01), (-0.02, 0.02)])
def test_the_beginning_and_end_of_a_current_is_shown(pair: tuple[float, float]) -> None:
    band = Deadband(0.05, digits=2)
    assert tuple(band.show(value) for value in pair) == pair


@given(
    st.lists(st.one_of(st.none(), st.floats(-500, 500)), min_size=1),
    st.floats(0, 5),
    st.floats(0, 0.1),
)
def test_the_shown_is_never_far_away(
    readings: list[float | None], width: float, share: float
) -> None:
    band = Deadband(width, share)
    for reading in readings:
        shown = band.show(reading)
        if reading is None or shown is None:
            assert shown is reading
        else:
            allowed = STEP * max(width, share * abs(shown))
            assert abs(shown - reading) <= allowed * 1.5 + 1e-9


async def test_noise_writes_nothing_and_a_real_change_is_exact(
    hass: HomeAssistant, battery: MockConfigEntry, readers: FakeReaders, pass_time: Passed
) -> None:
    changes: list[str] = []

    @callback
    def note(event: Event[EventStateChangedData]) -> None:
        old, new = event.data["old_state"], event.data["new_state"]
        assert old
        assert new
        if old.state != new.state:
            changes.append(new.entity_id)

    watched = [entity(hass, key).entity_id for key in SHOWN if not key.startswith("energy")]
    async_track_state_change_event(hass, watched, note)
    for number in range(10):
        wobble = (-1) ** number * 0.004
        readers[ADDRESS].shows(
            voltage=13.2 + wobble,
            current=-10.0 + wobble * 8,
            temperatures=(21.0 + wobble, 24.0),
            cells=(3.301 + wobble / 5, 3.3, 3.302, 3.3),
        )
        await pass_time(31)
    assert changes == []

    readers[ADDRESS].shows(current=-11.23, voltage=13.11)
    await pass_time(31)
    assert entity(hass, "current").state == "-11.23"
    assert entity(hass, "voltage").state == "13.11"


async def test_a_current_that_ends_is_shown_however_small_it_was(
    hass: HomeAssistant, battery: MockConfigEntry, readers: FakeReaders, pass_time: Passed
) -> None:
    readers[ADDRESS].shows(current=-0.04)
    await pass_time(31)
    assert entity(hass, "current").state == "-0.04"
    readers[ADDRESS].shows(current=0.0)
    await pass_time(50)
    assert entity(hass, "current").state == "0.0"
    readers[ADDRESS].shows(current=0.03)
    await pass_time(50)
    assert entity(hass, "current").state == "0.03"
