"""Shared slots: many batteries on few slots, with simulated time and the real reader."""

import asyncio

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.lifepo4_bank.ble.family import Mosfet
from custom_components.lifepo4_bank.ble.slots import ASSUMED_SLOTS, SPARE, Slots, room
from tests.ble import litime_frames as litime
from tests.ble.client import BATTERIES
from tests.ble.scene import CONNECT_TIME, POLL, STATUS, WEAK_TIME, Scene, played
from tests.ble.simulated_time import run

DISCHARGE_OFF = bytes.fromhex("000004010d55aa11")


@pytest.fixture(autouse=True)
def simulated_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the readers' pauses follow the loop's clock."""
    monkeypatch.setattr(
        "custom_components.lifepo4_bank.ble.reader.monotonic",
        lambda: asyncio.get_running_loop().time(),
    )
    monkeypatch.setattr("aiobmsble.basebms.BaseBMS._RETRY_TIMEOUT", 0.7)
    monkeypatch.setattr("custom_components.lifepo4_bank.ble.reader.DETAILS_TRIES", 0)


def test_with_slots_to_spare_every_link_is_kept() -> None:
    """8 batteries, 9 slots: connected once, and read at every poll."""
    scene = played(Scene(slots=9, count=8), 600)
    for number in range(8):
        assert BATTERIES[scene.address(number)].connects == 1
        assert max(scene.ages(number, 600)) < POLL + 2
    assert scene.most_open == 8


def test_sixteen_batteries_on_three_slots() -> None:
    scene = played(Scene(slots=3, count=16), 3600)
    ages = [age for number in range(16) for age in scene.ages(number, 3600)[1:]]
    assert sorted(ages)[int(0.95 * len(ages))] < 60
    assert scene.most_open == 3 - SPARE


def test_batteries_of_one_bank_are_read_together() -> None:
    """Kept links are read at once, not one after the other."""
    scene = played(Scene(slots=9, count=4), 300)
    for times in list(zip(*scene.readings.values(), strict=False))[1:]:
        assert max(times) - min(times) <= 2


def test_links_to_be_kept_leave_one_going_round() -> None:
    scene = played(Scene(slots=4, count=6, mode="keep"), 1800)
    kept = sum(BATTERIES[scene.address(number)].connects == 1 for number in range(6))
    assert kept == 2
    assert all(max(scene.ages(number, 1800)) < 2 * POLL for number in range(6))


def test_weak_battery_does_not_starve_the_rest() -> None:
    scene = played(Scene(slots=3, count=6, weak=frozenset({0, 3})), 3600)
    for number in (1, 2, 4, 5):
        assert max(scene.ages(number, 3600)[1:]) < 90
    assert not scene.readings[0]
    assert BATTERIES[scene.address(0)].connects >= 3600 / (300 + POLL + WEAK_TIME) - 2


def test_slots_of_others_count() -> None:
    scene = played(Scene(slots=5, count=4, others=2), 900)
    assert scene.most_open == 5 - 2 - SPARE
    assert all(max(scene.ages(number, 900)) < 60 for number in range(4))


def test_slots_of_a_proxy_out_of_reach_are_of_no_use() -> None:
    """Four batteries in the shed, whose proxy has three slots; two more proxies in the house."""
    scene = played(Scene(slots=3, count=4, reach={"house": (), "attic": (), "shed": range(4)}), 900)
    assert all(max(scene.ages(number, 900)) < 60 for number in range(4))
    assert scene.most_open == 3 - SPARE


def test_a_proxy_with_few_batteries_keeps_their_links() -> None:
    """What is too much for the one proxy does not trouble the batteries of the other."""
    scene = played(Scene(slots=3, count=6, reach={"bow": range(4), "stern": (4, 5)}), 900)
    assert all(max(scene.ages(number, 900)) < 60 for number in range(4))
    assert all(BATTERIES[scene.address(number)].connects == 1 for number in (4, 5))


def test_one_that_can_go_another_way_makes_room() -> None:
    """Two batteries take the only proxy that hears the third; the other proxy could have them."""
    scene = played(Scene(slots=2, count=3, reach={"near": range(3), "far": (0, 1)}), 900)
    for number in range(3):
        assert max(scene.ages(number, 900)) < 60
        assert BATTERIES[scene.address(number)].connects <= 3


@settings(max_examples=20, deadline=None)
@given(
    slots=st.integers(2, 6),
    first=st.frozensets(st.integers(0, 7)),
    second=st.frozensets(st.integers(0, 7)),
    others=st.integers(0, 1),
)
def test_fair_whatever_each_proxy_hears(
    slots: int, first: frozenset[int], second: frozenset[int], others: int
) -> None:
    reach = {"one": first, "two": second}
    scene = played(Scene(slots=slots, count=8, others=others, reach=reach), 900)
    for number in first | second:
        assert len(scene.readings[number]) >= 10


@settings(max_examples=10, deadline=None)
@given(
    slots=st.integers(1, 9),
    count=st.integers(1, 12),
    others=st.integers(0, 3),
    weak=st.frozensets(st.integers(0, 11), max_size=3),
)
def test_fair_whatever_the_scene(slots: int, count: int, others: int, weak: frozenset[int]) -> None:
    scene = played(Scene(slots=slots + others, count=count, others=others, weak=weak), 900)
    assert scene.most_open <= max(1, slots - SPARE)
    strong = [number for number in range(count) if number not in weak]
    counts = [len(scene.readings[number]) for number in strong]
    if strong:
        assert min(counts) >= 3
        assert max(counts) <= 1.5 * min(counts) + 3


def test_unknown_number_of_slots() -> None:
    assert room([Slots("proxy", 0)], ()) == {"": ASSUMED_SLOTS}
    assert room([Slots("proxy", 0), Slots("other", 5)], ()) == {"other": 5}


def test_our_own_slot_that_the_proxy_still_counts_is_ours() -> None:
    told = [Slots("proxy", 5, ("c8:47:80:00:00:01", "AA:00:00:00:00:01"))]
    assert room(told, ()) == {"proxy": 3}
    assert room(told, ["C8:47:80:00:00:01"]) == {"proxy": 4}


async def _command_among_many(scene: Scene) -> float:
    """Return how long a command takes while everybody waits for a turn."""
    scene.build()
    tasks = [asyncio.ensure_future(scene.poll(number)) for number in range(scene.count)]
    await asyncio.sleep(100)
    last = scene.count - 1
    battery = BATTERIES[scene.address(last)]
    battery.on_write = lambda frame: (
        battery.answers.update({STATUS: [litime.B_OFF]}) if frame == DISCHARGE_OFF else None
    )
    started = asyncio.get_running_loop().time()
    await scene.readers[last].switch(Mosfet.DISCHARGE, False)
    took = asyncio.get_running_loop().time() - started
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return took


def test_a_command_comes_before_all_readings() -> None:
    took: list[float] = []

    async def main() -> None:
        took.append(await _command_among_many(Scene(slots=3, count=16)))

    run(main())
    # its own connection, answer and settling, and at most one connection under way before it
    assert took[0] < 3 * CONNECT_TIME + 2
