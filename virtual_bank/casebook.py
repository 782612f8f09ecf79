"""All kinds of case, in the order of the bench's table."""

from . import cases_bank, cases_charge, cases_healthy, cases_sharing, cases_silent
from .cases import KINDS as _FOUND, Case, Maker, make_case
from .cases_healthy import healthy_day

_MODULES = (cases_healthy, cases_sharing, cases_silent, cases_charge, cases_bank)
KINDS: dict[str, Maker] = {
    name: maker
    for module in _MODULES
    for name, maker in _FOUND.items()
    if maker.__module__ == module.__name__
}

__all__ = ["KINDS", "Case", "healthy_day", "make_case"]
