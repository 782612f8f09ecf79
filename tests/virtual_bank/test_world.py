"""A scenario played: physics behind the frames, steered while it runs."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.virtual_bank.client import client_of, until
from virtual_bank.control import serve
from virtual_bank.litime_frames import request
from virtual_bank.scenarios import ADDRESSES, SCENARIOS
from virtual_bank.world import World, playing

FIRST, SECOND = (int(address.replace(":", ""), 16) for address in ADDRESSES[:2])


@pytest.fixture
async def world(socket_enabled: None) -> AsyncIterator[World]:
    async with playing(SCENARIOS["out_of_sync"], proxies=2, speed=20) as world:
        yield world


class Remote:
    """A client of the control API."""

    def __init__(self, session: aiohttp.ClientSession, port: int) -> None:
        self._session = session
        self._url = f"http://127.0.0.1:{port}"

    async def state(self) -> dict[str, Any]:
        async with self._session.get(f"{self._url}/state") as answer:
            state: dict[str, Any] = await answer.json()
            return state

    async def set(self, target: str, **values: object) -> int:
        body = {"target": target} | values
        async with self._session.post(f"{self._url}/set", json=body) as answer:
            return answer.status

    async def battery(self, place: int) -> dict[str, Any]:
        battery: dict[str, Any] = (await self.state())["batteries"][place]
        return battery


@pytest.fixture
async def remote(world: World) -> AsyncIterator[Remote]:
    runner, port = await serve(world, "127.0.0.1", 0)
    async with aiohttp.ClientSession() as session:
        yield Remote(session, port)
    await runner.cleanup()


async def test_frames_carry_what_the_physics_say(world: World) -> None:
    async with client_of(world.proxies[0]) as client:
        await client.ready(FIRST)
        await client.write(FIRST, request(0x13))
        resting = await client.next()
        await client.ready(SECOND)
        await client.write(SECOND, request(0x13))
        draining = await client.next()

    assert int.from_bytes(resting[12:16], "little") == pytest.approx(27400, abs=60)
    assert resting[48:52] == bytes(4)
    assert resting[68] == 0x48
    assert resting[90] == 100
    current = int.from_bytes(draining[48:52], "little", signed=True) / 1000
    assert current == pytest.approx(-24.0, abs=0.5)
    assert draining[88] == 2


async def test_switching_over_the_radio_opens_the_circuit(world: World) -> None:
    async with client_of(world.proxies[0]) as client:
        await client.ready(SECOND)
        await client.write(SECOND, request(0x0D))
        await client.next()

    truth = world.bank.truth(ADDRESSES[1])
    assert truth.current == 0
    # The article's remedy: the battery that rested is alone with the load and takes it.
    assert world.bank.truth(ADDRESSES[0]).current == pytest.approx(-24.0, abs=0.5)


async def test_state_tells_truth_slots_and_writes(world: World, remote: Remote) -> None:
    async with client_of(world.proxies[0]) as client:
        await client.ready(SECOND)
        await client.write(SECOND, request(0x13))
        await client.next()
        state = await remote.state()

    battery = state["batteries"][1]
    assert battery["name"] == "L-24100BNNA70-A00124"
    assert battery["connected_to"] == "virtual-proxy-1"
    assert [write["payload"] for write in battery["writes"]] == ["000004011355aa17"]
    assert state["proxies"][0]["connected"] == [battery["name"]]
    assert state["proxies"][0]["subscribed"]
    assert state["bricked"] == {}


async def test_a_bricked_battery_is_in_the_state(world: World, remote: Remote) -> None:
    async with client_of(world.proxies[0]) as client:
        await client.ready(SECOND)
        await client.write(SECOND, request(0x60), response=False)
        await until(lambda: bool(world.bricked))

    assert list((await remote.state())["bricked"]) == ["L-24100BNNA70-A00124"]


async def test_load_and_physics_are_steered(remote: Remote) -> None:
    assert await remote.set("load", current=-12.5) == 200
    assert await remote.set("A00124", soc=0.7, own_resistance=0.05, temperature=3) == 200
    assert await remote.set("A00123", isolated=False, discharge=False) == 200
    state = await remote.state()
    first, second = state["batteries"]

    assert state["current"] == pytest.approx(-12.5)
    assert second["truth"]["soc"] == pytest.approx(0.7, abs=0.01)
    assert second["truth"]["resistance"] > 0.05
    assert first["reading"]["discharge_enabled"] is False
    assert await remote.set("load", current="scenario") == 200
    assert (await remote.state())["current"] == pytest.approx(-24.0)


async def test_protection_is_tripped_and_cleared(remote: Remote) -> None:
    assert await remote.set("A00124", trip="short_circuit") == 200
    battery = await remote.battery(1)
    assert battery["reading"]["protections"] == ["short_circuit"]
    assert battery["truth"]["current"] == 0
    assert await remote.set("A00124", clear=True) == 200
    assert (await remote.battery(1))["reading"]["protections"] == []


async def test_radio_is_steered(remote: Remote) -> None:
    assert await remote.set("all", silent=True, latency=0.5) == 200
    assert await remote.set("D8:30", rssi=None, proxy="virtual-proxy-2") == 200
    assert await remote.set("A00124", held_by_phone=True) == 200
    first, second = (await remote.state())["batteries"]
    assert first["faults"]["silent"]
    assert second["faults"]["latency"] == 0.5
    assert first["rssi"] == {"virtual-proxy-1": -62, "virtual-proxy-2": None}
    assert second["held_by_phone"]

    assert await remote.set("all", faults=None) == 200
    assert not (await remote.battery(0))["faults"]["silent"]


async def test_proxies_are_steered(world: World, remote: Remote) -> None:
    assert await remote.set("proxy", slots=1) == 200
    assert await remote.set("virtual-proxy-2", active=False, restart=10) == 200
    await until(lambda: not world.proxies[1].running)
    assert [proxy["running"] for proxy in (await remote.state())["proxies"]] == [True, False]
    await until(lambda: world.proxies[1].running)
    state = await remote.state()
    assert [proxy["running"] for proxy in state["proxies"]] == [True, True]
    assert [proxy["slots"] for proxy in state["proxies"]] == [1, 1]
    assert [proxy.active for proxy in world.proxies] == [True, False]


@pytest.mark.parametrize(
    ("target", "values"),
    [
        ("load", {"current": "much"}),
        ("load", {"voltage": 12}),
        ("nobody", {"soc": 0.5}),
        ("A0012", {"soc": 0.5}),
        ("A00123", {"colour": "blue"}),
        ("A00123", {"isolated": 1}),
        ("A00123", {"trip": "boredom"}),
        ("A00123", {"rssi": -50, "proxy": "nowhere"}),
        ("proxy", {"colour": "blue"}),
        ("proxy", {"active": 0}),
        ("clock", {"speed": 0}),
    ],
)
async def test_what_does_not_exist_is_refused(
    remote: Remote, target: str, values: dict[str, object]
) -> None:
    assert await remote.set(target, **values) == 400


async def test_speed_moves_the_physics(world: World) -> None:
    world.clock.speed = 4000
    before = world.bank.truth(ADDRESSES[1]).soc
    await until(lambda: world.bank.truth(ADDRESSES[1]).soc < before - 0.03)


async def test_a_story_can_be_entered_later(socket_enabled: None) -> None:
    async with playing(SCENARIOS["discharge_off"], begin=7200) as world:
        assert world.bank.time == pytest.approx(7200, abs=1)
        assert world.bank.truth(ADDRESSES[0]).soc < 0.7
