"""Score the diagnosis on random simulated banks whose faults are known.

Right means: the right kind, cause and battery, and nothing else said. Prints the confusion table,
the time until gross faults are named and until mended ones are taken back, the errors of the
estimated resistances, and the false alarms of healthy banks that live for days with a household
and sun. Exits 1 below the goals.
"""

import argparse
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from math import ceil
from pathlib import Path
from statistics import median
import time
import traceback

from virtual_bank.casebook import KINDS, LIFE_DAYS, make_case
from virtual_bank.load import DAY
from virtual_bank.score import Score, confusion, score

GOAL_RIGHT = 0.99
GOAL_NAMED = 300.0
GOAL_CLEARED = 900.0
GOAL_RESISTANCE = 0.10

type Job = tuple[str, str, int]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options."""
    parser.add_argument("--quick", action="store_true", help="fewer banks: under a minute")
    parser.add_argument(
        "--split", choices=("testing", "tuning"), default="testing", help="which random seeds"
    )
    parser.add_argument("--each", type=int, metavar="N", help="cases of a kind (50; quick: 3)")
    parser.add_argument(
        "--first", type=int, default=0, metavar="N", help="number of the first case"
    )
    parser.add_argument("--days", type=int, metavar="N", help="healthy bank-days (1000; quick: 16)")
    parser.add_argument("--only", metavar="KIND", action="append", help="only these kinds of case")
    parser.add_argument(
        "--case", metavar="SEED", help="one case in detail, like path_gross/tuning/7"
    )
    parser.add_argument(
        "--misses", type=int, default=0, metavar="N", help="show the first N misses"
    )
    parser.add_argument("--processes", type=int, default=2, metavar="N", help="at once (2)")
    parser.add_argument("--list", action="store_true", help="list the kinds of case")


def run(arguments: argparse.Namespace) -> int:
    """Run the bench."""
    if arguments.list:
        for name, maker in KINDS.items():
            print(f"{name:28} {(maker.__doc__ or '').strip()}")
        return 0
    if arguments.case:
        name, split, number = arguments.case.split("/")
        result = _score((name, split, int(number)))
        _detail(result)
        return 0
    each = arguments.each or (3 if arguments.quick else 50)
    days = arguments.days if arguments.days is not None else 16 if arguments.quick else 1000
    kinds = arguments.only or list(KINDS)
    first = arguments.first
    jobs = [
        (kind, arguments.split, number) for number in range(first, first + each) for kind in kinds
    ]
    started = time.monotonic()
    with ProcessPoolExecutor(arguments.processes) as pool:
        scores = list(_with_progress(pool.map(_score, jobs, chunksize=4), len(jobs), "cases"))
        calm: list[Score] = []
        while (short := days - _healthy_days(calm)) > 0:
            banks = [
                ("healthy_day", arguments.split, first + len(calm) + n)
                for n in range(ceil(short / LIFE_DAYS))
            ]
            calm += _with_progress(pool.map(_score, banks), len(banks), "healthy banks")
    reached = [
        _print_table(scores),
        _print_times(scores),
        _print_mends(scores),
        _print_resistances(scores),
    ]
    if calm:
        reached.append(_print_alarms(calm))
    for result in [result for result in scores if not result.right][: arguments.misses]:
        _detail(result)
    print(f"\n{time.monotonic() - started:.0f} s, {arguments.split} seeds")
    return 0 if all(reached) else 1


def _score(job: Job) -> Score:
    case = make_case(*job)
    try:
        return score(case)
    except Exception as error:  # noqa: BLE001 - a crash is a miss like others, and is to be counted
        place = traceback.extract_tb(error.__traceback__)[-1]
        crash = f"{type(error).__name__} in {Path(place.filename).name}:{place.lineno}"
        return Score(
            name=case.name,
            seed=case.seed,
            bank=case.describe(),
            wrong=(crash,),
            alarms=(crash,),
            said=(str(error),),
        )


def _with_progress(results: Iterable[Score], total: int, what: str) -> Iterator[Score]:
    for count, result in enumerate(results, start=1):
        if count % max(1, total // 20) == 0 or count == total:
            print(f"\r{count} of {total} {what} ", end="", flush=True)
        yield result
    if total:
        print()


def _print_table(scores: Sequence[Score]) -> bool:
    by_kind: dict[str, list[Score]] = defaultdict(list)
    for result in scores:
        by_kind[result.name].append(result)
    misses = confusion(scores)
    print(f"\n{'kind of case':28} {'right':>9}   missed -> said instead (how often)")
    for name, results in by_kind.items():
        right = sum(result.right for result in results)
        print(f"{name:28} {right:4}/{len(results):<4}", end="")
        rows = [(count, *key[1:]) for key, count in misses.items() if key[0] == name]
        for index, (count, missing, wrong) in enumerate(sorted(rows, reverse=True)[:6]):
            print(
                f"{'' if index == 0 else chr(10) + ' ' * 38}   {missing} -> {wrong} ({count})",
                end="",
            )
        print()
    part = sum(result.right for result in scores) / len(scores)
    print(f"{len(by_kind)} kinds, {len(scores)} cases: {100 * part:.2f} % right", end=" ")
    print(f"(goal {100 * GOAL_RIGHT:.0f} %)")
    return part >= GOAL_RIGHT


def _print_times(scores: Sequence[Score]) -> bool:
    gross = [result for result in scores if result.gross]
    if not gross:
        return True
    print(f"\n{len(gross)} gross faults, by seconds of judgeable load until")
    noticed = [result.noticed_after for result in gross]
    named = [result.named_after for result in gross]
    reached = _print_delays("said of the right battery", noticed, GOAL_NAMED)
    _print_delays("with the right cause", named, GOAL_NAMED)
    for result in gross:
        if result.named_after is None or result.named_after > GOAL_NAMED:
            print(f"    later: {result.seed}, {result.noticed_after} s and {result.named_after} s")
    return reached


def _print_mends(scores: Sequence[Score]) -> bool:
    mended = [result for result in scores if result.mended]
    if not mended:
        return True
    print(f"\n{len(mended)} mended faults, by seconds of judgeable load until")
    reached = True
    for name in dict.fromkeys(result.name for result in mended):
        delays = [result.cleared_after for result in mended if result.name == name]
        reached &= _print_delays(f"taken back: {name}", delays, GOAL_CLEARED)
    return reached


def _print_delays(what: str, delays: Sequence[float | None], goal: float) -> bool:
    times = sorted(seconds for seconds in delays if seconds is not None)
    never = len(delays) - len(times)
    if not times:
        print(f"  {what:29} never")
        return False
    late = sum(seconds > goal for seconds in times)
    usual = times[int(0.95 * (len(times) - 1))]
    print(
        f"  {what:29} median {median(times):4.0f}, 95 % {usual:4.0f}, worst {times[-1]:5.0f}; "
        f"{late} later than {goal:.0f}, {never} never"
    )
    return not late and not never


def _print_resistances(scores: Sequence[Score]) -> bool:
    own = [error for result in scores for error in result.own_errors]
    path = [error for result in scores for error in result.path_errors]
    reached = True
    for what, errors in (("own resistance", own), ("path resistance excess", path)):
        if errors:
            print(f"Median error of {what}: {100 * median(errors):.1f} % of {len(errors)}")
            reached &= median(errors) <= GOAL_RESISTANCE
    return reached


def _healthy_days(calm: Sequence[Score]) -> float:
    return sum(result.duration - result.parted for result in calm) / DAY


def _print_alarms(calm: Sequence[Score]) -> bool:
    alarmed = [result for result in calm if result.alarms]
    samples = sum(result.samples for result in calm)
    parted = sum(result.parted for result in calm) / DAY
    true = [said for result in calm for said in result.true_of_parted]
    print(f"\n{len(calm)} banks lived {_healthy_days(calm):.0f} healthy days, ", end="")
    print(f"{samples} samples: {sum(len(result.alarms) for result in alarmed)} ", end="")
    print("warnings or errors (goal 0), ", end="")
    print(f"{sum(len(result.wrong) for result in calm)} findings in all that are not true")
    print(
        f"  and {parted:.1f} days with charges or counters 9 points apart and more, of which ",
        end="",
    )
    print(f"{len(true)} warnings or errors truly told")
    for result in alarmed[:20]:
        print(f"  {result.seed} ({result.bank}): {', '.join(result.alarms)}")
    return not alarmed


def _detail(result: Score) -> None:
    print(f"\n{result.seed}: {'right' if result.right else 'WRONG'}; {result.bank}")
    for what, words in (
        ("missing", result.missing),
        ("wrong", result.wrong),
        ("said", result.said),
    ):
        print(f"  {what:8} {', '.join(words) or '-'}")
    if result.gross:
        print(
            f"  noticed after {result.noticed_after} s, named after {result.named_after} s "
            f"of {result.judgeable:.0f} s of judgeable load"
        )
    if result.mended:
        print(
            f"  taken back after {result.cleared_after} s "
            f"of {result.judgeable:.0f} s of judgeable load"
        )
