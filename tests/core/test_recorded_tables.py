"""A table is read as it was meant, and a bad row of it spoils nothing else."""

from dataclasses import replace
import json

import pytest

from custom_components.lifepo4_bank.core.battery import BatterySample
from custom_components.lifepo4_bank.core.layout import Arrangement, LayoutError
from custom_components.lifepo4_bank.core.replay import replay, windows
from tests.core.test_replay import read, table


def test_times_may_be_iso_8601_and_rows_out_of_order() -> None:
    text = (
        "\ufeffTime,Battery,Voltage,Current,SoC,cells,discharge_enabled,temperature\n"
        "2026-01-01T00:00:30Z,B,13.2,-10,50,3.3;3.31,0,\n"
        "2026-01-01 00:00:00+00:00,A,13.2,-10.5,50,,1,21.5\n"
    )
    log, complaints = read(text)
    (sample,) = log.samples
    assert complaints == []
    assert sample.time == 1767225630
    assert sample.batteries["B"].cells == (3.3, 3.31)
    assert sample.batteries["B"].discharge_enabled is False
    assert sample.batteries["B"].temperatures == ()
    assert sample.batteries["A"].soc == 0.5
    assert sample.batteries["A"].temperature == 21.5


def test_a_lost_reading_does_not_pair_the_readings_of_two_polls() -> None:
    names = frozenset("ABC")
    readings = [
        BatterySample(battery=name, time=30.0 * poll + second)
        for poll in range(4)
        for second, name in enumerate("ABC")
        if (poll, name) not in ((0, "A"), (2, "B"))
    ]
    samples = list(windows(readings, names))
    assert [sample.time for sample in samples] == [2, 32, 62, 92]
    assert [len(sample.batteries) for sample in samples] == [2, 3, 3, 3]
    assert [sample.skew for sample in samples] == [1, 2, 31, 2]


def test_batteries_read_one_after_the_other_are_not_torn_apart() -> None:
    readings = [
        BatterySample(battery=name, time=30.0 * poll + 10 * second)
        for poll in range(10)
        for second, name in enumerate("ABC")
    ]
    samples = list(windows(readings, frozenset("ABC")))
    assert [sample.time for sample in samples] == [30 * poll + 20 for poll in range(10)]


def test_bad_rows_are_named_and_skipped() -> None:
    text = (
        "time,battery,voltage,current,soc,charge_enabled\n"
        "0,A,13.2,-5,50,1\n"
        "yesterday,A,13.2,-5,50,1\n"
        "0,B,13.2,much,50,1\n"
        "\n"
        "0,,13.2,-5,50,1\n"
        "0,B,13.2,-5,50,perhaps\n"
        "0,B,13.2,nan,50,\n"
        "0,B,13.2,-5,50,1,2,3\n"
        "0,B,,,,\n"
    )
    log, complaints = read(text)
    assert [line for line, _ in complaints] == [3, 4, 6, 7, 8, 9]
    (sample,) = log.samples
    assert sample.batteries["B"].voltage is None


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ('9,"B1,13.2,-5,50', "unexpected end of data"),
        ("9,B1,13.2", "ends before current, soc"),
        ("9,B\x001,13.2,-5,50", "battery 'B\\x001' is no name"),
        ("1767225600000,B1,13.2,-5,50", "too large for seconds"),
        ("9,B1,13.2,-5,50,0.5", "problem_code '0.5' is no code"),
        ("9,B1,13.2,-5,-3", "soc out of range, not judged"),
        ("9,B1,13200,-5,50", "voltage out of range, not judged"),
    ],
)
def test_a_bad_row_spoils_itself_only(row: str, why: str) -> None:
    lines = table("time,battery,voltage,current,soc,problem_code").splitlines()
    log, complaints = read("\n".join([*lines[:9], row, *lines[9:]]))
    ((line, told),) = complaints
    assert line == 10
    assert told.endswith(why)
    assert log.layout.batteries == ("B1", "B2")
    assert replay(log).findings[0].cause == "path_resistance"


def test_lines_are_counted_as_an_editor_does() -> None:
    header, *rows = table().splitlines()
    text = "\r\n".join([header, rows[0].replace("B1", "B1\u2028"), *rows[1:], "bad"])
    assert [line for line, _ in read(text)[1]] == [len(rows) + 2]


@pytest.mark.parametrize("separator", [";", "\t"])
def test_other_separators_bring_decimal_commas(separator: str) -> None:
    names = {"B1": "Bow, port", "B2": "Aft"}
    header, *rows = table("time,battery,voltage,current,soc,cells,charge_enabled").splitlines()
    lines = [header.replace(",", separator)]
    for row in rows:
        fields = row.split(",")
        cells = ";".join([f"{float(fields[2]) / 4:.3f}"] * 4)
        fields += [f'"{cells}"', "1.0"]
        lines.append(separator.join(names.get(one, one.replace(".", ",")) for one in fields))
    log, complaints = read("\n".join(lines))
    assert complaints == []
    assert log.layout.batteries == ("Aft", "Bow, port")
    samples = list(log.samples)
    aft = samples[0].batteries["Aft"]
    assert aft.voltage is not None
    assert sum(aft.cells) == pytest.approx(aft.voltage, abs=0.004)
    assert aft.charge_enabled is True
    (found,) = replay(replace(log, samples=samples)).findings
    assert (found.cause, found.batteries) == ("path_resistance", ("Aft",))


def test_a_charge_that_is_a_part_of_1_is_asked_about() -> None:
    text = "time,battery,voltage,current,soc\n0,A,13.2,-5,0.5\n0,B,13.2,-5,0.6\n"
    ((line, why),) = read(text)[1]
    assert line == 1
    assert why.startswith("soc is never above 1 %")
    assert read(text.replace("0.6", "1.6"))[1] == []


def test_layout_is_as_told() -> None:
    assert read(table(), "2S1P")[0].layout.arrangement == "series"
    with pytest.raises(LayoutError):
        read(table(), "1S3P")
    with pytest.raises(LayoutError):
        read(table(), "")


@pytest.mark.parametrize(
    ("combined", "blocks"),
    [
        (None, (("A", "B", "C"), ("D", "E", "F"))),
        (Arrangement.PARALLEL_GROUPS, (("A", "B", "C"), ("D", "E", "F"))),
        (Arrangement.SERIES_STRINGS, (("A", "B"), ("C", "D"), ("E", "F"))),
    ],
)
def test_series_and_parallel_combine_in_two_ways(
    combined: Arrangement | None, blocks: tuple[tuple[str, ...], ...]
) -> None:
    text = "time,battery,voltage,current,soc\n" + "".join(f"0,{b},13.2,-5,50\n" for b in "FEDCBA")
    assert read(text, "2S3P", combined)[0].layout.blocks == blocks
    bank = {"arrangement": "parallel", "blocks": [list("ABCDEF")]}
    told = {"bank": bank, "batteries": {}, "samples": [{"time": 0, "batteries": {}}]}
    text = json.dumps({"data": told})
    assert read(text, "2S3P", combined)[0].layout.blocks == blocks
