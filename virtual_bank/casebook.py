"""All kinds of case, in the order of the bench's table."""

from . import cases_bank, cases_charge, cases_healthy, cases_mended, cases_sharing, cases_silent
from .cases import KINDS as _FOUND, Case, Maker, make_case
from .cases_healthy import LIFE_DAYS

_MODULES = (
    cases_healthy, cases_sharing, cases_silent, cases_charge, cases_bank, cases_mended,
)  # fmt: skip
KINDS: dict[str, Maker] = {
    name: maker
    for module in _MODULES
    for name, maker in _FOUND.items()
    if maker.__module__ == module.__name__
}

__all__ = ["KINDS", "LIFE_DAYS", "Case", "make_case"]
