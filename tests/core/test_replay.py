"""A recorded log is judged as the bank itself would have been."""

from dataclasses import asdict
import json
from pathlib import Path
import subprocess

import pytest

from custom_components.lifepo4_bank.core.bank import BankSample
from custom_components.lifepo4_bank.core.battery import BatterySample, BatteryState
from custom_components.lifepo4_bank.core.diagnosis.engine import Options
from custom_components.lifepo4_bank.core.layout import Arrangement
from custom_components.lifepo4_bank.core.recent import Recent
from custom_components.lifepo4_bank.core.record import (
    read_battery,
    read_layout,
    read_reading,
    read_sample,
    write_sample,
)
from custom_components.lifepo4_bank.core.recording import NotALogError, read_log
from custom_components.lifepo4_bank.core.replay import Log, as_json, as_text, replay
from tests.core.judging import diagnosis_of, feed
from tests.core.simple_bank import Simple, layout, run, steps
from tests.core.test_rules import COMMON

ROOT = Path(__file__).parents[2]


def bad_cable() -> list[Simple]:
    return [Simple(name="B1"), Simple(name="B2", path=0.020)]


def table(header: str = "time,battery,voltage,current,soc") -> str:
    rows = [header]
    for sample in run(bad_cable(), steps(-20, -60), 45):
        rows.extend(
            f"{one.time},{one.battery},{one.voltage},{one.current},{100 * (one.soc or 0)}"
            for one in sample.batteries.values()
        )
    return "\n".join(rows) + "\n"


def read(
    text: str, notation: str | None = None, combined: Arrangement | None = None
) -> tuple[Log, list[tuple[int, str]]]:
    complaints: list[tuple[int, str]] = []
    log = read_log(text, notation, lambda line, what: complaints.append((line, what)), combined)
    return log, complaints


def test_a_table_names_the_cable() -> None:
    log, complaints = read(table())
    assert complaints == []
    assert log.layout.notation == "1S2P"
    result = replay(log)
    assert result.samples == 90
    written = as_json(result, COMMON)
    assert json.loads(json.dumps(written)) == written
    (found,) = written["findings"]
    assert (found["kind"], found["cause"]) == ("asymmetric_current_sharing", "path_resistance")
    assert found["batteries"] == ["B2"]
    assert found["cleared"] is None
    assert found["message"].startswith("B2 carries ")
    assert written["bank"]["status"] == "out_of_sync"
    battery = written["batteries"]["B2"]
    assert battery["fair_share"] == 0.5
    assert battery["own_resistance"]["value"] == pytest.approx(0.015, rel=0.03)
    assert battery["path_resistance_excess"]["sigma"] > 0
    assert "B2 carries" in as_text(result, COMMON)


def test_a_finding_that_cleared_is_told_with_its_times() -> None:
    batteries = [Simple(name="A"), Simple(name="B", connected=False)]
    samples = list(run(batteries, -20.0, 15))
    batteries[1].connected = True
    samples += run(batteries, -20.0, 15, start=900)
    known = {one.name: one.battery for one in batteries}
    result = replay(Log(layout=layout(batteries), batteries=known, samples=samples))
    (found,) = [one for one in result.findings if one.kind == "not_participating"]
    assert found.first_seen < found.last_seen < 900 < (found.cleared or 0) < 1200


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "time,battery\n0,A\n",
        "time,battery,voltage,current,soc\n",
        "{}",
        "[1]",
        "{",
        pytest.param("[" * 100_000, id="too deep"),
        '{"data": {"samples": [], "batteries": {}, "bank": {"arrangement": "odd", "blocks": []}}}',
        '{"data": {"samples": 5, "batteries": {}, "bank": {"arrangement": "parallel", "blocks": [["A", "B"]]}}}',
        '{"data": {"samples": [], "batteries": {}, "bank": {"arrangement": "parallel", "blocks": [["A", "B"]]}}}',
    ],
)
def test_what_is_no_log_is_refused(text: str) -> None:
    with pytest.raises(NotALogError):
        read(text)


def download() -> str:
    batteries = bad_cable()
    bank = layout(batteries)
    return json.dumps(
        {
            "home_assistant": {"version": "2026.10.4"},
            "data": {
                "bank": {
                    "layout": bank.notation,
                    "arrangement": bank.arrangement,
                    "blocks": bank.blocks,
                    "options": {"max_parallel": 4, "unheard_of": 1},
                },
                "batteries": {one.name: asdict(one.battery) for one in batteries},
                "samples": [write_sample(one) for one in run(batteries, steps(-20, -60), 45)],
            },
        }
    )


def test_a_download_is_a_test_case() -> None:
    log, complaints = read(download())
    assert complaints == []
    result = replay(log)
    assert {one.kind for one in result.findings} == {"asymmetric_current_sharing"}
    live = feed(diagnosis_of(bad_cable()), run(bad_cable(), steps(-20, -60), 45))
    assert result.state == live


def test_a_table_says_what_the_bank_said() -> None:
    live = feed(diagnosis_of(bad_cable()), run(bad_cable(), steps(-20, -60), 45))
    (found,), (expected,) = replay(read(table())[0]).findings, live.findings
    assert (found.kind, found.cause, found.severity, found.batteries) == (
        expected.kind, expected.cause, expected.severity, expected.batteries,
    )  # fmt: skip
    for name in ("share_percent", "path_excess_mOhm", "own_mOhm"):
        assert found.evidence[name] == pytest.approx(expected.evidence[name], rel=0.05)


def test_a_download_goes_on_from_what_was_learned() -> None:
    samples = list(run(bad_cable(), steps(-20, -60), 45))
    live = diagnosis_of(bad_cable())
    feed(live, samples[:-5])
    told = json.loads(download())
    told["data"]["samples"] = told["data"]["samples"][-5:]
    assert replay(read(json.dumps(told))[0]).findings == ()
    told["data"]["learned"] = live.save()
    log, complaints = read(json.dumps(told))
    assert complaints == []
    (found,), (expected,) = replay(log).findings, feed(live, samples[-5:]).findings
    assert (found.identity, found.cause) == (expected.identity, expected.cause)
    assert found.first_seen == expected.first_seen < samples[-5].time


def test_what_is_kept_begins_where_what_was_learned_ends() -> None:
    recent, live = Recent(10), diagnosis_of(bad_cable())
    assert recent.learned is None
    saves: dict[float, object] = {}
    for sample in run(bad_cable(), steps(-20, -60), 20):
        saves[sample.time] = live.save()
        for _ in range(2):  # told twice, kept once
            recent.add(sample, live.save)
        live.update(sample)
        kept = list(recent)
        assert kept[-1] is sample
        assert len(kept) <= 20
        assert recent.learned == saves[kept[0].time]
    assert len(kept) > 10


def test_what_was_learned_by_another_version_is_left_out() -> None:
    told = json.loads(download())
    told["data"]["learned"] = {"version": 0}
    log, complaints = read(json.dumps(told))
    assert complaints[0][1].startswith("begins with nothing learned")
    assert replay(log).findings


def test_a_bad_sample_of_a_download_is_skipped() -> None:
    told = json.loads(download())
    told["data"]["samples"][3] = {"time": "noon", "batteries": {}}
    log, complaints = read(json.dumps(told))
    assert [number for number, _ in complaints] == [4]
    assert len(list(log.samples)) == 89


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("time", float("nan")),
        ("voltage", float("inf")),
        ("cycles", float("inf")),
        pytest.param("soc", 10**400, id="soc-huge"),
    ],
)
def test_numbers_that_are_none_spoil_their_sample_only(field: str, value: float) -> None:
    told = json.loads(download())
    told["data"]["samples"][3]["batteries"]["B1"][field] = value
    log, complaints = read(json.dumps(told))
    assert [number for number, _ in complaints] == [4]
    assert len(list(log.samples)) == 89


def test_options_that_are_no_numbers_are_left_out() -> None:
    told = json.loads(download())
    told["data"]["bank"]["options"] = {"max_parallel": "four", "max_series": None}
    log, _ = read(json.dumps(told))
    assert log.options == Options()
    assert replay(log).findings


def test_a_download_may_begin_with_a_byte_order_mark() -> None:
    assert replay(read("\ufeff" + download())[0]).findings


def test_a_sample_survives_json() -> None:
    reading = BatterySample(
        battery="A", time=1.5, voltage=13.2, current=-3.0, soc=0.5, cells=(3.3, 3.301),
        temperatures=(20.0, 25.0), cycles=3, charge_enabled=True, state=BatteryState.FULL,
        protections=("short_circuit",), problem_code=4,
    )  # fmt: skip
    sample = BankSample(
        time=2.0, batteries={"A": reading}, missing=frozenset({"B"}), shunt_current=-1.0,
        links={"B": "bad_signal"},
    )  # fmt: skip
    assert read_sample(json.loads(json.dumps(write_sample(sample)))) == sample
    bare = BankSample(time=2.0, batteries={"A": BatterySample(battery="A", time=1.0)})
    assert read_sample(json.loads(json.dumps(write_sample(bare)))) == bare


@pytest.mark.parametrize(
    "broken",
    [{}, {"time": 1}, {"time": 1, "battery": "A", "soc": "x"}, {"time": True, "battery": "A"},
     {"time": 1, "battery": "A", "state": "dreaming"}],
)  # fmt: skip
def test_a_broken_reading_is_refused(broken: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"not a reading|BatteryState"):
        read_reading(broken)


def test_battery_and_layout() -> None:
    battery = read_battery({"name": "Port", "capacity": 100, "brand": "X", "more": 1}, "A")
    assert (battery.name, battery.capacity, battery.brand) == ("Port", 100.0, "X")
    with pytest.raises(ValueError, match="not a layout"):
        read_layout({"blocks": [["A", "B"]]})


def script(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own script
        [ROOT / "script" / "replay", *words], capture_output=True, text=True, check=False
    )


def test_the_command_line(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text(table() + "bad row\n", "utf-8")
    done = script(str(log), "--json", "--layout", "1S2P")
    assert done.returncode == 0
    assert json.loads(done.stdout)["findings"][0]["cause"] == "path_resistance"
    assert done.stderr.startswith("line 182: ")
    lone = table().replace(",B2,", ",B1,")
    for name, content, why in (
        ("toml", (ROOT / "pyproject.toml").read_bytes(), "neither a table nor JSON"),
        ("binary", b"\xff\xfe\x00", "not a text file"),
        ("text", b"a\nb\n", "no column time"),
        ("other.json", b"[1]", "no diagnostics download"),
        ("battery.json", b'{"data": {"reading": {}}}', "none of a bank"),
        ("torn.json", b'{"data": ', "neither a table nor JSON"),
        ("lone.csv", lone.encode(), "too few batteries"),
    ):
        bad = tmp_path / name
        bad.write_bytes(content)
        refused = script(str(bad))
        assert (refused.returncode, refused.stdout) == (2, "")
        assert refused.stderr.startswith(f"{bad}: ")
        assert why in refused.stderr
    assert "No such file" in script(str(tmp_path / "none.csv")).stderr
    strings = script(str(log), "--layout", "2S1P", "--arrangement", "series_strings", "--json")
    assert json.loads(strings.stdout)["bank"]["arrangement"] == "series"
    assert script(str(log), "--layout", "3S1P").stderr.endswith("3S1P: wrong count\n")
    assert "current (+ charges)" in script("--help").stdout
