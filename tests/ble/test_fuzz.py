"""Noise, lost pieces and wrong bytes in what a battery sends: no exception, no wrong value.

An example of the long noise has 200 frames, so 1,000 examples have 200,000 for each family:

    pytest tests/ble/test_fuzz.py --hypothesis-profile fuzz
"""

from collections.abc import Callable, Coroutine, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain, product
from random import Random

from aiobmsble.basebms import BaseBMS
from bleak.backends.device import BLEDevice
from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.lifepo4_bank.ble.commands import link_class
from custom_components.lifepo4_bank.ble.connection import GARBLED_ERRORS
from custom_components.lifepo4_bank.ble.family import FAMILIES
from custom_components.lifepo4_bank.ble.link import Link
from custom_components.lifepo4_bank.core.battery import BatterySample
from tests.ble import frames, litime_frames
from tests.ble.client import ADDRESS

FRAMES_IN_A_STREAM = 20
FRAMES_IN_LONG_NOISE = 200
"""Times 1,000 examples; times 20 by default."""
EXAMPLES = settings(max_examples=1000 if settings().max_examples >= 1000 else 20)
BYTE = st.integers(1, 255)
HANDLER = "_notification_handler"


@dataclass(frozen=True)
class Target:
    """A family, what it may answer, and how to tell which answer a request wants."""

    key: str
    answers: Sequence[Sequence[bytes]]
    """For each request of a reading in turn."""
    others: Sequence[bytes]
    """Right frames that answer something else."""


JBD_CELLS = [frames.JBD_CELLS, frames.jbd(0x04, bytes.fromhex("0CE40CE50CE60CE7"))]
TARGETS = {
    target.key: target
    for target in (
        Target(
            "redodo",
            [[litime_frames.B, litime_frames.B_UV, litime_frames.E_OFF, litime_frames.F5]],
            [bytes.fromhex("000005018c55aa0091"), bytes.fromhex("000005018d55aa0698")],
        ),
        Target(
            "jbd",
            [[frames.JBD_ON, frames.JBD_CELL_HIGH, frames.JBD_DISCHARGE_LOCKED], JBD_CELLS],
            [bytes.fromhex("DDE10000000077"), bytes.fromhex("DD008100000077")],
        ),
        Target(
            "jikong",
            [[frames.jk_cells(), frames.jk_cells(-12.5, 1 << 13, soc=41)]],
            [frames.jk_identity(), frames.jk_settings(), b"AT\r\n"],
        ),
        Target(
            "daly",
            [[frames.daly_status(), frames.daly_status(-31.4, charge=False)]],
            [frames.daly_settings(), frames.modbus("D2 06 00 A6 00 00")],
        ),
        Target(
            "ant",
            [[frames.ant_status(), frames.ant_status(-20.2, discharge=0x02)]],
            [bytes.fromhex("7EA1610300000000AA55")],
        ),
    )
}


def wrong_byte(frame: bytes, at: int, change: int) -> bytes:
    """Return a frame with one byte changed."""
    at %= len(frame)
    return frame[:at] + bytes((frame[at] ^ change,)) + frame[at + 1 :]


def pieces(intact: Sequence[bytes], others: Sequence[bytes]) -> st.SearchStrategy[list[bytes]]:
    """Notifications: right frames and what can become of them, in pieces of any size.

    After a frame whose end is lost comes the beginning of another, as it does in the air. Two
    halves of different frames cannot be told from a whole one by a single byte of checksum.
    """
    frame = st.sampled_from(intact)
    at = st.integers(0, 400)
    event = st.one_of(
        frame.map(lambda whole: [whole]),
        st.builds(lambda whole, n, change: [wrong_byte(whole, n, change)], frame, at, BYTE),
        st.builds(lambda whole, n, after: [whole[: n % len(whole)], after], frame, at, frame),
        st.builds(lambda before, whole, n: [before, whole[n % len(whole) :]], frame, frame, at),
        st.builds(lambda before, noise: [before, noise], frame, st.binary(max_size=40)),
        st.sampled_from(others).map(lambda other: [other]),
    )
    events = st.lists(event, min_size=FRAMES_IN_A_STREAM, max_size=2 * FRAMES_IN_A_STREAM)
    sizes = st.sampled_from([20, 60, 128, 512])
    return st.builds(lambda lists, size: chopped(chain(*lists), size), events, sizes)


def chopped(stream: Iterable[bytes], size: int) -> list[bytes]:
    """Cut frames as a radio with that packet size does."""
    return [frame[i : i + size] for frame in stream for i in range(0, len(frame), size)]


def new_link(key: str) -> Link:
    """Return a link of a family, ready to be asked."""
    link = link_class(key)(BLEDevice(ADDRESS, "battery", {}), FAMILIES[key])
    for name, value in (("_sw_version", 15), ("_mos_avail", False), ("_settings_wanted", False)):
        if hasattr(link, name):
            setattr(link, name, value)
    return link


def finished(reading: Coroutine[None, None, BatterySample]) -> BatterySample:
    """Run to the end without a loop: with all answers at hand nothing waits."""
    try:
        reading.send(None)
    except StopIteration as stop:
        found: BatterySample = stop.value
        return found
    raise AssertionError("waits for something")


def readings(key: str, notifications: Iterable[bytes]) -> list[BatterySample]:
    """Read a battery that answers with these notifications, again and again until the last."""
    link = new_link(key)
    coming = iter(notifications)
    exhausted = False

    async def answer(self: BaseBMS, *_request: object, **_options: object) -> None:
        nonlocal exhausted
        self._msg_event.clear()
        handler: Callable[[None, bytearray], None] = getattr(self, HANDLER)
        for notification in coming:
            handler(None, bytearray(notification))
            if self._msg_event.is_set():
                self._msg_event.clear()
                return
        exhausted = True
        raise TimeoutError

    found = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseBMS, "_await_msg", answer)
        while not exhausted:
            with suppress(TimeoutError, *GARBLED_ERRORS):
                found.append(finished(link.sample("battery", lambda: 0.0)))
    return found


@cache
def known(key: str) -> tuple[BatterySample, ...]:
    """Return all readings that right frames give."""
    samples = [readings(key, combination) for combination in product(*TARGETS[key].answers)]
    assert all(len(sample) == 1 for sample in samples)
    return tuple(sample[0] for sample in samples)


def without_settings(sample: BatterySample) -> BatterySample:
    """Leave out what comes from JK's settings frame, which may or may not be in the noise."""
    return replace(sample, charge_commanded=None, discharge_commanded=None)


@pytest.mark.parametrize("key", TARGETS)
@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(chance=st.data())
def test_noise(key: str, chance: st.DataObject) -> None:
    target = TARGETS[key]
    intact = [frame for answers in target.answers for frame in answers]
    right = set(map(without_settings, known(key)))
    for sample in readings(key, chance.draw(pieces(intact, target.others))):
        assert without_settings(sample) in right


def event_of(random: Random, target: Target) -> list[bytes]:
    """Return what `pieces` returns, without the cost of being able to shrink it."""
    intact = [frame for answers in target.answers for frame in answers]
    one, other = random.choice(intact), random.choice(intact)
    cut = random.randrange(len(one))
    match random.randrange(6):
        case 0:
            return [one]
        case 1:
            return [wrong_byte(one, cut, random.randrange(1, 256))]
        case 2:
            return [one[:cut], other]
        case 3:
            return [other, one[cut:]]
        case 4:
            return [one, random.randbytes(random.randrange(40))]
        case _:
            return [random.choice(target.others)]


@pytest.mark.parametrize("key", TARGETS)
@settings(EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**64 - 1))
def test_long_noise(key: str, seed: int) -> None:
    random = Random(seed)
    events = (event_of(random, TARGETS[key]) for _ in range(FRAMES_IN_LONG_NOISE))
    notifications = chopped(chain(*events), random.choice([20, 60, 128, 512]))
    right = set(map(without_settings, known(key)))
    for sample in readings(key, notifications):
        assert without_settings(sample) in right


@pytest.mark.parametrize("key", TARGETS)
def test_right_frames_are_read(key: str) -> None:
    samples = known(key)
    assert len(samples) == len(set(samples))
