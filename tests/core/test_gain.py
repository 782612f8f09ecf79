"""What current sensors are worth, told by a shunt or by the batteries in series."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
import json
import random

import pytest

from custom_components.lifepo4_bank.core.bank import BankSample
from custom_components.lifepo4_bank.core.battery import Amperes
from custom_components.lifepo4_bank.core.diagnosis.engine import Diagnosis
from custom_components.lifepo4_bank.core.diagnosis.finding import BankState, Kind, Witness
from custom_components.lifepo4_bank.core.floor import DetectionFloor
from custom_components.lifepo4_bank.core.gain import Gains
from custom_components.lifepo4_bank.core.layout import Layout
from tests.core.judging import told
from virtual_bank.bms import JBD, LITIME, Bms
from virtual_bank.cases import Case
from virtual_bank.draft import Draft, groups, parallel, series, strings
from virtual_bank.load import DayCycle, Load
from virtual_bank.polling import poll

HOUR = 3600.0


def bank_of(
    layout: Layout,
    gains: Mapping[str, float],
    hours: float,
    *,
    bms: Bms = LITIME,
    days: bool = False,
) -> Case:
    """Draw a bank of healthy, naturally uneven batteries; these read too much or too little."""
    draft = Draft(random.Random("gain"), layout, bms=bms, soc=0.8 if days else 0.6)
    for battery, gain in gains.items():
        draft.change(battery, sensor=replace(draft.specs[battery].sensor, gain=gain))
    load: Load = DayCycle(draft.capacity, 1) if days else draft.work(hours * HOUR)
    polling = draft.polling(interval=30.0, skew=2.0, loss=0.005)
    return draft.finish(load, hours * HOUR, polling=polling)


def with_shunt(case: Case) -> Iterator[BankSample]:
    """Read the bank together with a shunt of 20 mA noise in its main cable."""
    dice = random.Random("shunt")
    for sample in poll(case.bank, case.duration, case.polling, seed=1):
        current = round(case.bank.current + dice.gauss(0.0, 0.02), 2)
        yield replace(sample, shunt_current=current)


def judged(diagnosis: Diagnosis, samples: Iterator[BankSample]) -> tuple[BankState, set[Kind]]:
    """Run all through; the last state, and every kind of finding that was raised."""
    raised: set[Kind] = set()
    for sample in samples:
        state = diagnosis.update(sample)
        raised |= {finding.kind for finding in state.raised}
    return state, raised


def true_gains(case: Case) -> dict[str, float]:
    return {name: battery.sensor.gain for name, battery in case.bank.batteries.items()}


def learned(state: BankState) -> dict[str, float]:
    return {name: gain.value for name, gain in state.current_gain.items()}


@pytest.mark.parametrize(
    ("layout", "days"),
    [(parallel(2), False), (series(2), False), (groups(2, 2), True), (strings(2, 2), True)],
    ids=lambda value: value.arrangement if isinstance(value, Layout) else "",
)
def test_a_shunt_tells_every_gain_where_shares_vary(layout: Layout, days: bool) -> None:
    case = bank_of(layout, {"B2": 1.05}, 48 if days else 8, days=days, bms=JBD)
    diagnosis = Diagnosis(layout, case.batteries)
    state, raised = judged(diagnosis, with_shunt(case))
    assert learned(state) == pytest.approx(true_gains(case), abs=0.01)
    for name, gain in state.current_gain.items():
        assert gain.witness is Witness.SHUNT
        assert abs(gain.value - true_gains(case)[name]) < 4 * gain.sigma
        assert diagnosis.members[name].gain == gain.value
    assert raised <= {Kind.NOT_PARTICIPATING}


@pytest.mark.parametrize("layout", [series(3), strings(3, 2)], ids=lambda one: one.notation)
def test_in_series_the_odd_sensor_shows_without_a_shunt(layout: Layout) -> None:
    case = bank_of(layout, {"B2": 1.05}, 6)
    state, _ = judged(Diagnosis(layout, case.batteries), case.samples())
    true = true_gains(case)
    for block in layout.blocks:
        middle = sorted(true[name] for name in block)[1]
        for name in block:
            gain = state.current_gain[name]
            assert gain.value == pytest.approx(true[name] / middle, abs=0.01)
            assert gain.witness is Witness.SERIES


def steady(seconds: float, gains: Sequence[float], noise: float = 0.1) -> Gains:
    """Feed shares that never change, every half minute."""
    dice = random.Random(2)
    learning = Gains(len(gains))
    before: tuple[Amperes, list[Amperes]] | None = None
    for step in range(int(seconds / 30)):
        current = -40.0 if step % 40 < 20 else -25.0
        now = current, [current / len(gains) * gain + dice.gauss(0, noise) for gain in gains]
        if before is not None and before[0] == current:
            learning.observe(step * 30.0, before, now, 1.0)
        before = now
    return learning


def test_shares_that_never_vary_tell_one_gain_for_all() -> None:
    told_together = steady(10 * 86400, (1.0, 1.2)).estimates(1.0, (0.01, 0.01))
    for value, sigma, own in told_together:
        assert value == pytest.approx(1.1, abs=0.005)
        assert sigma < 0.005
        assert not own


def test_noise_is_not_taken_for_varying_shares() -> None:
    for value, _, own in steady(10 * 86400, (1.0, 1.0), noise=0.3).estimates(1.0, (0.01, 0.01)):
        assert value == pytest.approx(1.0, abs=0.01)
        assert not own


def test_another_sensor_is_learned_anew() -> None:
    learning = steady(86400, (1.0,))
    dice = random.Random(3)
    before = -30.0, [-24.0]
    for step in range(200):
        now = -30.0 - step % 7, [0.8 * (-30.0 - step % 7) + dice.gauss(0, 0.05)]
        learning.observe(90000.0 + step * 30, before, now, 1.0)
        before = now
    ((value, sigma, own),) = learning.estimates(1.0, (0.01,))
    assert value == pytest.approx(0.8, abs=0.01)
    assert sigma < 0.01
    assert own


def test_gains_continue_after_saving() -> None:
    one, two = steady(3600, (1.0, 1.1)), Gains(2)
    two.restore(json.loads(json.dumps(one.save())))
    for learning in (one, two):
        learning.observe(4000.0, (-30.0, [-15.0, -16.5]), (-30.0, [-15.1, -16.4]), 1.0)
    assert one.save() == two.save()
    other = Gains(3)
    other.restore(one.save())
    assert other.count == 0
    with pytest.raises(ValueError, match="numbers"):
        two.restore([[[1.0]], [0.0], [0.5, 0.5], 1.0, 0, 1, None, 0.0])


def test_a_sensor_error_is_not_blamed_on_the_wiring() -> None:
    """Reading half, a battery looks weak; the shunt sees that nothing is missing."""
    layout = parallel(2)
    case = bank_of(layout, {"B2": 0.5}, 3, bms=JBD)
    plain = bank_of(layout, {"B2": 0.5}, 3, bms=JBD)
    _, blamed = judged(Diagnosis(layout, plain.batteries), plain.samples())
    assert Kind.ASYMMETRIC_CURRENT_SHARING in blamed
    state, raised = judged(Diagnosis(layout, case.batteries), with_shunt(case))
    assert Kind.ASYMMETRIC_CURRENT_SHARING not in raised
    assert {one.reason for one in state.not_judged} & {"current_sensor", "not_enough_load"}
    assert {gain.witness for gain in state.current_gain.values()} == {Witness.SHUNT_TOGETHER}
    assert learned(state)["B2"] == pytest.approx(0.75, abs=0.01)


def test_a_blind_sensor_is_no_battery_that_rests() -> None:
    layout = parallel(3)
    case = bank_of(layout, {"B2": 0.02}, 2)
    plain = bank_of(layout, {"B2": 0.02}, 2)
    _, blamed = judged(Diagnosis(layout, plain.batteries), plain.samples())
    _, raised = judged(Diagnosis(layout, case.batteries), with_shunt(case))
    assert Kind.NOT_PARTICIPATING in blamed
    assert Kind.NOT_PARTICIPATING not in raised


def test_a_bad_cable_is_found_beside_a_shunt_too() -> None:
    layout = parallel(2)
    draft = Draft(random.Random("cable"), layout, bms=LITIME, soc=0.6)
    excess = draft.excess_for(("B2",), (("B1",),), 0.5)
    draft.change("B2", path_resistance=draft.specs["B2"].path_resistance + excess)
    case = draft.finish(draft.work(3 * HOUR, idle=0.0), 3 * HOUR)
    state, _ = judged(Diagnosis(layout, case.batteries), with_shunt(case))
    assert ("asymmetric_current_sharing", "path_resistance", ("B2",)) in told(state)


def test_permuting_batteries_permutes_gains() -> None:
    layout = parallel(3)
    case = bank_of(layout, {"B2": 1.05, "B3": 0.97}, 6)
    samples = list(with_shunt(case))
    turned = replace(layout, blocks=(("B3", "B1", "B2"),))
    one, _ = judged(Diagnosis(layout, case.batteries), iter(samples))
    other, _ = judged(Diagnosis(turned, case.batteries), iter(samples))
    assert learned(other) == pytest.approx(learned(one), abs=1e-6)


def test_a_restart_loses_no_gain() -> None:
    layout = parallel(2)
    case = bank_of(layout, {"B2": 1.05}, 5)
    samples = list(with_shunt(case))
    before = Diagnosis(layout, case.batteries)
    judged(before, iter(samples))
    after = Diagnosis(layout, case.batteries)
    after.restore(json.loads(json.dumps(before.save())))
    next_one = replace(samples[-1], time=samples[-1].time + 600)
    assert learned(after.update(next_one)) == learned(before.update(next_one))
    assert after.members["B2"].gain == before.members["B2"].gain != 1.0
    assert len(json.dumps(before.save()["calibration"])) < 2000


def test_another_shunt_or_battery_is_learned_anew() -> None:
    layout = parallel(2)
    case = bank_of(layout, {"B2": 1.05}, 3)
    diagnosis = Diagnosis(layout, case.batteries)
    judged(diagnosis, with_shunt(case))
    saved = diagnosis.save()
    diagnosis.calibration.forget()
    assert diagnosis.calibration.estimates == {}
    assert {member.gain for member in diagnosis.members.values()} == {1.0}
    batteries = {**case.batteries, "B3": replace(case.batteries["B2"], id="B3")}
    replaced = Diagnosis(replace(layout, blocks=(("B1", "B3"),)), batteries)
    replaced.restore(saved)
    replaced.calibration.apply()
    assert replaced.calibration.estimates == {}


def test_floor_lies_between_seen_and_unseen() -> None:
    floor = DetectionFloor("Other")
    for _ in range(11):
        floor.unseen(1.8)
    assert floor.value == 1.0
    floor.unseen(-1.6)
    assert floor.value == 1.6
    for _ in range(12):
        floor.update(1.4)
    assert floor.value == 1.4
    for _ in range(50):
        floor.unseen(50.0)
        floor.unseen(0.2)
    assert floor.value == 1.4
    entered = DetectionFloor("Other", 0.5)
    for _ in range(20):
        entered.unseen(1.0)
    assert entered.value == 0.5
    again = DetectionFloor("Other")
    again.restore(json.loads(json.dumps(floor.save())))
    assert again.save() == floor.save()


@pytest.mark.parametrize(("layout", "shunt"), [(parallel(2), True), (series(2), False)])
def test_floors_above_the_usual_are_learned_from_what_flows_unseen(
    layout: Layout, shunt: bool
) -> None:
    """A BMS that sees 2.4 A and more, taken for one that sees 1 A."""
    coarse = replace(JBD, floor=2.4)
    draft = Draft(random.Random("floor"), layout, bms=JBD, soc=0.6)
    draft.change("B2", bms=coarse)
    case = draft.finish(draft.work(6 * HOUR, least=0.005, most=0.06), 6 * HOUR)
    diagnosis = Diagnosis(layout, case.batteries)
    judged(diagnosis, with_shunt(case) if shunt else case.samples())
    assert diagnosis.members["B2"].floor.value > 1.3
    assert diagnosis.members["B1"].floor.value < 0.5
