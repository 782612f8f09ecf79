"""A small mutation runner: spoil one expression of a module and see whether a test notices.

The functions of the imported module get the mutant's code, so nothing needs to be imported anew
and thousands of mutants run in seconds.
"""

import ast
from collections.abc import Callable, Iterator
import copy
from dataclasses import dataclass
import inspect
from itertools import product
from types import CodeType, FunctionType, ModuleType
from typing import Any

COMPARE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
    ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
BINARY: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
    ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
}  # fmt: skip
NAMES = {
    "min": "max", "max": "min", "any": "all", "all": "any",
    "PASSED": "REFUSED", "REFUSED": "PASSED", "UNKNOWN": "PASSED",
    "DISCHARGE": "CHARGE", "gave": "took", "took": "gave",
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """One spoilt expression."""

    line: int
    before: str
    after: str
    tree: ast.Module

    def __str__(self) -> str:
        return f"line {self.line}: {self.before} -> {self.after}"


def mutants(module: ModuleType) -> Iterator[Mutant]:
    """Spoil every expression in a module's functions and constants in every way, one at a time."""
    tree = ast.parse(inspect.getsource(module))
    for index, place in enumerate(_places(tree)):
        for change in range(2):
            if not _spoil(copy.deepcopy(place), change):
                continue
            spoilt = copy.deepcopy(tree)
            node = _places(spoilt)[index]
            _spoil(node, change)
            yield Mutant(place.lineno, ast.unparse(place), ast.unparse(node), spoilt)


def _places(tree: ast.Module) -> list[ast.expr]:
    """Expressions that do something: no annotations, no docstrings."""
    found: list[ast.expr] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            for statement in node.body:
                found += _expressions(statement)
        if isinstance(node, ast.AnnAssign | ast.Assign) and node in tree.body and node.value:
            found += _expressions(node.value)
    return found


def _expressions(top: ast.AST) -> list[ast.expr]:
    skipped: set[int] = set()
    for node in ast.walk(top):
        if isinstance(node, ast.AnnAssign):
            skipped |= {id(inner) for inner in ast.walk(node.annotation)}
    return [n for n in ast.walk(top) if isinstance(n, ast.expr) and id(n) not in skipped]


def _spoil(node: ast.expr, change: int) -> bool:
    """Change the node; False when there is nothing (more) to change."""
    match node:
        case ast.BoolOp() if change == 0:
            node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        case ast.BoolOp():
            del node.values[-1]
        case ast.IfExp() if change == 0:
            node.body, node.orelse = node.orelse, node.body
        case ast.Constant(value=bool()) if change == 0:
            node.value = not node.value
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            node.value = number * 1.3 + 0.1 if change else number * 0.7 - 0.1
        case ast.UnaryOp(op=ast.Not()) if change == 0:
            node.op = ast.UAdd()
            node.operand = ast.Call(ast.Name("bool", ast.Load()), [node.operand], [])
        case ast.UnaryOp(op=ast.USub()) if change == 0:
            node.op = ast.UAdd()
        case _ if change == 0:
            return _swap(node)
        case _:
            return False
    ast.fix_missing_locations(node)
    return True


def _swap(node: ast.expr) -> bool:
    match node:
        case ast.Compare(ops=[op, *_]) if type(op) in COMPARE:
            node.ops[0] = COMPARE[type(op)]()
        case ast.BinOp(op=op) if type(op) in BINARY:
            node.op = BINARY[type(op)]()
        case ast.Attribute(attr=name) if name in NAMES:
            node.attr = NAMES[name]
        case ast.Name(id=name) if name in NAMES and isinstance(node.ctx, ast.Load):
            node.id = NAMES[name]
        case ast.Tuple(elts=[_, _, *_]) if isinstance(node.ctx, ast.Load):
            del node.elts[-1]
        case _:
            return False
    ast.fix_missing_locations(node)
    return True


def survives(module: ModuleType, mutant: Mutant, tests: list[Callable[[], None]]) -> bool:
    """Whether all tests still pass with the mutant in the module's place."""
    spoilt = dict(vars(module))
    try:
        exec(compile(mutant.tree, module.__file__ or "", "exec"), spoilt)  # noqa: S102  our own code
    except Exception:  # noqa: BLE001  a mutant that cannot even be loaded is noticed
        return False
    kept = _put(module, spoilt)
    try:
        for test in tests:
            test()
    except Exception:  # noqa: BLE001  whatever a test raises, it has noticed
        return False
    finally:
        _restore(module, kept)
    return True


def _functions(namespace: dict[str, Any], module: str) -> Iterator[tuple[str, FunctionType]]:
    for name, thing in namespace.items():
        if getattr(thing, "__module__", None) != module:
            continue
        if isinstance(thing, FunctionType):
            yield name, thing
        if isinstance(thing, type):
            for key, member in vars(thing).items():
                if isinstance(member, property) and isinstance(member.fget, FunctionType):
                    yield f"{name}.{key}", member.fget


type Kept = tuple[dict[str, CodeType], dict[str, Any]]


def _put(module: ModuleType, spoilt: dict[str, Any]) -> Kept:
    """Give the module's functions the mutant's code and the module its constants."""
    fresh = dict(_functions(spoilt, module.__name__))
    codes = {}
    for name, function in _functions(vars(module), module.__name__):
        codes[name] = function.__code__
        function.__code__ = fresh[name].__code__
    constants = {
        name: value
        for name, value in vars(module).items()
        if name.isupper() and isinstance(value, int | float | tuple)
    }
    old = {id(f): f for _, f in _functions(vars(module), module.__name__)}
    by_name = {f.__name__: f for f in old.values()}
    for name, before in constants.items():
        value = spoilt[name]
        if isinstance(before, tuple):
            value = tuple(by_name.get(getattr(x, "__name__", ""), x) for x in value)
        setattr(module, name, value)
    return codes, constants


def _restore(module: ModuleType, kept: Kept) -> None:
    codes, constants = kept
    for name, function in _functions(vars(module), module.__name__):
        function.__code__ = codes[name]
    for name, value in constants.items():
        setattr(module, name, value)


def calls(tests: ModuleType) -> list[Callable[[], None]]:
    """All tests of a module that need no fixture, with their parameters filled in."""
    found: list[Callable[[], None]] = []
    for name, test in vars(tests).items():
        if not name.startswith("test_"):
            continue
        axes = []
        for mark in getattr(test, "pytestmark", ()):
            names = mark.args[0]
            keys = [key.strip() for key in names.split(",")] if isinstance(names, str) else names
            axes.append(
                [dict(zip(keys, v if len(keys) > 1 else (v,), strict=True)) for v in mark.args[1]]
            )
        for chosen in product(*axes):
            values = {key: value for part in chosen for key, value in part.items()}
            found.append(lambda test=test, values=values: test(**values))  # type: ignore[misc]
    return found
