"""The cases are what they say, and the scoring cannot be fooled."""

import pytest

from custom_components.lifepo4_bank.core.diagnosis.finding import Finding, Kind, Severity
from virtual_bank.casebook import KINDS, make_case
from virtual_bank.cases import expect
from virtual_bank.score import Record, Score, score


def finding(kind: Kind, cause: str, *batteries: str) -> Finding:
    return Finding(
        kind=kind,
        cause=cause,
        severity=Severity.WARNING,
        batteries=batteries,
        first_seen=0.0,
        last_seen=0.0,
    )


def test_there_are_enough_kinds_healthy_ones_among_them() -> None:
    assert len(KINDS) >= 20
    assert sum(name.startswith("healthy") for name in KINDS) >= 8


@pytest.mark.parametrize("name", list(KINDS))
def test_every_kind_of_case_runs_and_names_batteries_of_its_bank(name: str) -> None:
    case = make_case(name, "tuning", 0)
    samples = case.samples()
    first = next(samples)
    assert set(first.batteries) | first.missing == set(case.bank.layout.batteries)
    for expected in (*case.expected, *case.companions):
        for batteries in expected.batteries or ():
            assert set(batteries) <= set(case.batteries)
    for companion in case.companions:
        assert companion.reason


def test_seeds_repeat_and_do_not_mix() -> None:
    def currents(split: str, number: int) -> list[float | None]:
        samples = make_case("path_gross", split, number).samples()
        return [next(samples).batteries["B1"].current for _ in range(30)]

    assert currents("tuning", 1) == currents("tuning", 1)
    assert currents("tuning", 1) != currents("tuning", 2)
    assert currents("tuning", 1) != currents("testing", 1)
    with pytest.raises(ValueError, match="training"):
        make_case("path_gross", "training", 1)


def test_a_mended_cable_is_known_by_the_line_of_either_battery() -> None:
    # The line of the one that was badly wired takes its new current for a difference of charge.
    result = score(make_case("mended_path", "tuning", 4022))
    assert result.right
    assert result.cleared_after is not None
    assert result.cleared_after <= 900


def test_a_gross_path_really_halves_the_share() -> None:
    case = make_case("path_gross", "testing", 3)
    for _ in case.samples():
        pass
    (expected,) = case.expected
    (victim,) = next(iter(expected.batteries or ()))
    assert case.bank.batteries[victim].path_resistance > 0.005
    others = [b for b in case.batteries if b != victim]
    totals = {
        battery: 1 / (truth.resistance + truth.path_resistance)
        for battery in (victim, *others)
        if (truth := case.bank.truth(battery))
    }
    assert totals[victim] / sum(totals.values()) * len(totals) < 0.5


def test_only_the_right_word_about_the_right_battery_fits() -> None:
    sharing = Kind.ASYMMETRIC_CURRENT_SHARING
    wanted = expect(sharing, "path_resistance", batteries=[["B2"], ["B3", "B1"]])
    assert wanted.fits(finding(sharing, "path_resistance", "B2"))
    assert wanted.fits(finding(sharing, "path_resistance", "B1", "B3"))
    assert not wanted.fits(finding(sharing, "internal_resistance", "B2"))
    assert not wanted.fits(finding(sharing, "path_resistance", "B1"))
    assert not wanted.fits(finding(sharing, "path_resistance"))
    assert not wanted.fits(finding(Kind.SOC_MISMATCH, "path_resistance", "B2"))
    assert wanted.names(finding(sharing, "unknown", "B2"))


def test_a_mended_fault_must_be_taken_back() -> None:
    result = score(make_case("mended_path", "tuning", 0))
    assert result.right
    assert result.cleared_after is not None
    lasting = make_case("path_gross", "tuning", 1)
    lasting.mended = lasting.duration / 2
    result = score(lasting)
    assert result.cleared_after is None
    assert result.wrong == ("still asymmetric_current_sharing/path_resistance(B1)",)


def test_a_life_can_be_looked_at_like_any_case() -> None:
    assert make_case("healthy_day", "testing", 11).expected == ()
    with pytest.raises(ValueError, match="no kind of case named sick_day"):
        make_case("sick_day", "testing", 11)


@pytest.mark.parametrize(
    ("charges", "counts", "right", "wrong"),
    [
        ((0.9, 0.6), (0.9, 0.6), ("charge_imbalance", "unknown"), ("counter_drift",)),
        ((0.7, 0.7), (0.8, 0.6), ("counter_drift", "unknown"), ("charge_imbalance",)),
        ((0.7, 0.7), (0.72, 0.68), (), ("counter_drift", "charge_imbalance", "unknown")),
    ],
)
def test_of_a_bank_that_is_apart_only_the_truth_is_right(
    charges: tuple[float, float],
    counts: tuple[float, float],
    right: tuple[str, ...],
    wrong: tuple[str, ...],
) -> None:
    for cause in (*right, *wrong):
        case = make_case("taking_turns", "tuning", 0)
        for battery, charge, count in zip(
            case.bank.batteries.values(), charges, counts, strict=True
        ):
            battery.soc, battery.counted_soc = charge, count
        record = Record(case, Score(name="", seed="", bank=""))
        record.live(30.0)
        record.take(finding(Kind.SOC_MISMATCH, cause, "B1"))
        record.close(30.0, [])
        assert bool(record.result.wrong) is (cause in wrong)
        assert len(record.result.true_of_parted) == (cause in right)
        assert record.result.parted == (30.0 if right else 0.0)


def test_an_uneven_share_by_voltage_is_right_only_while_the_charges_are_apart() -> None:
    for charges, right in (((0.9, 0.6), True), ((0.9, 0.88), False)):
        case = make_case("taking_turns", "tuning", 0)
        for battery, charge in zip(case.bank.batteries.values(), charges, strict=True):
            battery.soc = battery.counted_soc = charge
        record = Record(case, Score(name="", seed="", bank=""))
        record.live(30.0)
        record.take(finding(Kind.ASYMMETRIC_CURRENT_SHARING, "voltage_offset", "B1"))
        record.close(30.0, [])
        assert bool(record.result.alarms) is not right
