"""The one word for the whole bank."""

from collections.abc import Sequence

from .finding import Finding, Kind, Severity, Status
from .ledger import Ledger
from .picture import Picture

SYNC = frozenset(
    {
        Kind.ASYMMETRIC_CURRENT_SHARING,
        Kind.SOC_MISMATCH,
        Kind.NOT_PARTICIPATING,
        Kind.CIRCULATING_CURRENT,
        Kind.PROTECTION,
        Kind.VOLTAGE_MISMATCH,
    }
)
"""Kinds that mean that the batteries do not work together."""


def status(findings: Sequence[Finding], picture: Picture, ledger: Ledger) -> Status:
    """Tell whether the batteries work together, as far as that can be judged now."""
    if findings and any(f.kind in SYNC and f.severity > Severity.NOTE for f in findings):
        return Status.OUT_OF_SYNC
    if not picture.online:
        return Status.UNKNOWN
    if ledger.watching(SYNC):
        return Status.WATCHING
    return Status.IN_SYNC if picture.loaded else Status.NO_LOAD
