"""What becomes of the others when a battery opens, and of itself when it closes."""

from math import ceil

from .battery import AmpereHours, Amperes, Ohms, Seconds, Volts
from .branch import (
    Branch,
    branch_capacity,
    branch_current,
    branch_nominal,
    branch_on,
    branch_voltage,
    branches,
    has_conducted,
    is_open,
    is_surely_on,
)
from .verdict import Check, Circumstances, Command, Mosfet, Outcome

PROVING_LOAD: Amperes = 10.0
"""From here on every BMS notices that it discharges (article, section 3.3)."""
PROVING_TIME: Seconds = 60.0
DEFAULT_FLOOR: Amperes = 1.5
"""The usual detection threshold (article, section 3.3)."""
DEFAULT_RATE = 0.5
"""A per Ah of capacity; makers' limits for long currents start at 0.54 (250 A for 460 Ah)."""
WORST_SHARE = 1.5
"""Of the fair share; beyond it the diagnosis calls sharing an error (physics, section 5)."""
NOMINAL: Volts = 12.8
"""That the limits below are meant for."""
SAME_BUS: Volts = 0.05
"""Per 12.8 V: green before paralleling (physics, section 5)."""
CLOSING: Volts = 0.10
"""Per 12.8 V: the most at which batteries may be joined (article, section 3.2)."""
PATH: Ohms = 0.003
"""Cable, lugs and fuse between a sound battery and the bus (physics, section 4)."""
SAG: Ohms = 0.020
"""Own resistance per 12.8 V (physics, section 4): a load lowers the bus by that much."""


def in_bank(command: Command, seen: Circumstances) -> Check:
    """Refuse as long as nobody knows what else carries the load."""
    outcome = Outcome.PASSED if seen.layout is not None else Outcome.UNKNOWN
    return Check("in_bank", outcome, (command.battery,))


def others_on(command: Command, seen: Circumstances) -> Check:
    """Refuse when another battery of the bank is off already, or may be."""
    if seen.layout is None:
        return in_bank(command, seen)
    members = [battery for battery in seen.layout.batteries if battery != command.battery]
    off = tuple(b for b in members if is_open(seen.samples.get(b), command.mosfet))
    if off:
        return Check("others_on", Outcome.REFUSED, off)
    unsure = tuple(b for b in members if not is_surely_on(seen, b, command.mosfet))
    return Check("others_on", Outcome.UNKNOWN if unsure else Outcome.PASSED, unsure)


def others_can_carry(command: Command, seen: Circumstances) -> Check:
    """Refuse what would overburden the others, even shared as badly as is still tolerated."""
    own, others = branches(seen, command.battery)
    if not others:
        return Check("has_others", Outcome.REFUSED, own)
    currents = [branch_current(seen, branch) for branch in (own, *others)]
    known = [current for current in currents if current is not None]
    if len(known) < len(currents):
        return Check("others_can_carry", Outcome.UNKNOWN, own)
    load = max(0.0, -sum(known) if command.mosfet is Mosfet.DISCHARGE else sum(known))
    capacities = {branch: branch_capacity(seen, branch) for branch in others}
    sizes = {branch: size for branch, size in capacities.items() if size}
    if load and len(sizes) < len(others):
        silent = tuple(b for branch in others if branch not in sizes for b in branch)
        return Check("others_can_carry", Outcome.UNKNOWN, silent, {"load_A": load})
    numbers = {"load_A": load}
    burdened: tuple[str, ...] = ()
    for branch, size in sizes.items():
        burden = min(load, WORST_SHARE * load * size / sum(sizes.values()))
        limit = _limit(seen, size)
        if burden > limit:
            burdened += branch
            numbers |= {"burden_A": burden, "limit_A": limit}
    outcome = Outcome.REFUSED if burdened else Outcome.PASSED
    return Check("others_can_carry", outcome, burdened, numbers)


def others_within_limit(command: Command, seen: Circumstances) -> Check:
    """Refuse to go on while another branch carries more than it may for long."""
    others = branches(seen, command.battery)[1]
    over: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    numbers: dict[str, float] = {}
    for branch in others:
        current, size = branch_current(seen, branch), branch_capacity(seen, branch)
        if current is None or (current and size is None):
            silent += branch
        elif size is not None and abs(current) > _limit(seen, size):
            over += branch
            numbers = {"current_A": abs(current), "limit_A": _limit(seen, size)}
    if over:
        return Check("others_within_limit", Outcome.REFUSED, over, numbers)
    return Check("others_within_limit", Outcome.UNKNOWN if silent else Outcome.PASSED, silent)


def others_proven(command: Command, seen: Circumstances) -> Check:
    """Refuse without proof that the others conduct.

    Asked where the bank may be what powers Home Assistant. Proof: a current above the floor
    within the last hour, the MOSFET reported on, and the voltage of the same bus.
    """
    own, others = branches(seen, command.battery)
    if not others:
        return Check("has_backup", Outcome.REFUSED, own)
    apart = tuple(b for branch in others if _is_apart(seen, own, branch) for b in branch)
    if apart:
        return Check("others_proven", Outcome.REFUSED, apart)
    unproven = tuple(
        battery
        for branch in others
        for battery in branch
        if not has_conducted(seen, battery)
        or not is_surely_on(seen, battery, command.mosfet)
        or _is_apart(seen, own, branch) is None
    )
    if unproven:
        numbers = {"load_A": _proving_load(seen, others), "load_s": PROVING_TIME}
        return Check("others_proven", Outcome.UNKNOWN, unproven, numbers)
    return Check("others_proven", Outcome.PASSED)


def bus_matches(command: Command, seen: Circumstances) -> Check:
    """Refuse to close a battery onto a bus of another voltage."""
    own, others = branches(seen, command.battery)
    if seen.layout is None and seen.in_bank:
        return Check("bus_matches", Outcome.UNKNOWN, own)
    if not others or branch_on(seen, own, command.mosfet):
        return Check("bus_matches", Outcome.PASSED)
    states = {branch: branch_on(seen, branch, command.mosfet) for branch in others}
    if silent := tuple(b for branch, on in states.items() if on is None for b in branch):
        return Check("bus_matches", Outcome.UNKNOWN, silent)
    live = tuple(branch for branch, on in states.items() if on)
    if not live:
        return Check("bus_matches", Outcome.PASSED)
    return _compare_with_bus(seen, own, live)


def _compare_with_bus(seen: Circumstances, own: Branch, live: tuple[Branch, ...]) -> Check:
    voltage, nominal = branch_voltage(seen, own), branch_nominal(seen, own)
    pairs = [(branch_voltage(seen, branch), branch_current(seen, branch)) for branch in live]
    known = [(v, i) for v, i in pairs if v is not None and i is not None]
    if voltage is None or nominal is None or len(known) < len(pairs):
        return Check("bus_matches", Outcome.UNKNOWN, own)
    # With each, not with their mean: one that only seems to conduct must not make up for another.
    compared = [_gap(voltage, bus, current, nominal) for bus, current in known]
    gap, limit = max(compared, key=lambda one: one[0] - one[1])
    outcome = Outcome.REFUSED if gap > limit else Outcome.PASSED
    return Check("bus_matches", outcome, own, {"gap_V": gap, "limit_V": limit})


def _gap(voltage: Volts, bus: Volts, current: Amperes, nominal: Volts) -> tuple[Volts, Volts]:
    """Tell how far a voltage is from that of a branch on the bus, and how far it may be."""
    gap = voltage - bus
    # A load pulls the bus below a resting battery, a charger lifts it above.
    sag = SAG * abs(current) if gap * current < 0 else 0.0
    return abs(gap), (CLOSING + sag) * (nominal / NOMINAL)


def _is_apart(seen: Circumstances, own: Branch, other: Branch) -> bool | None:
    """Whether the voltages of two branches cannot be those of one bus."""
    pairs = [(branch_voltage(seen, b), branch_current(seen, b)) for b in (own, other)]
    nominal = branch_nominal(seen, own)
    known = [(v, i) for v, i in pairs if v is not None and i is not None]
    if len(known) < len(pairs) or nominal is None:
        return None
    (left, first), (right, second) = known
    drop = PATH * len(own) * max(abs(first), abs(second))
    return abs(left - right) > SAME_BUS * nominal / NOMINAL + drop


def _limit(seen: Circumstances, size: AmpereHours) -> Amperes:
    """Return what one branch may carry for long."""
    entered = seen.max_battery_current
    return entered if entered is not None else DEFAULT_RATE * size


def _proving_load(seen: Circumstances, others: tuple[Branch, ...]) -> Amperes:
    """Return the load at which every battery's part is well above its floor."""
    floors = [
        seen.batteries[battery].detection_floor if battery in seen.batteries else None
        for branch in others
        for battery in branch
    ]
    needed = WORST_SHARE * (len(others) + 1) * max(floor or DEFAULT_FLOOR for floor in floors)
    return max(PROVING_LOAD, float(ceil(needed)))
