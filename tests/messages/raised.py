"""What the code raises about sources, read off the code: every sentence that it can make.

A sentence is followed to where its words come from: through f-strings, names, arguments at each
call, what small functions return, and fields of dataclasses. What only running code knows (an id,
an address, a vendor's own code) stands in it as `VALUE`.
"""

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

VALUE = "7"

Function = ast.FunctionDef | ast.AsyncFunctionDef
Texts = frozenset[str]

ANY: Texts = frozenset({VALUE})
UNSEEN = {"place": frozenset({f"row {VALUE}"}), "first": frozenset({f"row {VALUE}"})}
"""Names of what comes through generators, of which the code does not tell by itself."""

BASE = "IntegrationError"


@dataclass(frozen=True, eq=False)
class Module:
    path: Path
    tree: ast.Module

    @property
    def name(self) -> str:
        """As others import it: `integrations.crm`."""
        return f"{self.path.parent.name}.{self.path.stem}"


@dataclass(frozen=True)
class Place:
    """Where an expression stands: what its names mean."""

    module: Module
    function: Function | None = None
    klass: ast.ClassDef | None = None


@dataclass(frozen=True)
class Raised:
    """One sentence, and where it is made."""

    file: str
    line: int
    sentence: str


@dataclass(frozen=True)
class Call:
    """A call of something by its name, also through `partial`."""

    node: ast.Call
    args: Sequence[ast.expr]
    place: Place


@dataclass
class Code:
    """Modules that are read together."""

    modules: list[Module]
    calls: dict[str, list[Call]] = field(default_factory=dict)
    """By the name of what is called."""
    functions: dict[tuple[str, str], tuple[Function, Place]] = field(default_factory=dict)
    """By module and name; methods by their names as well."""
    classes: dict[tuple[str, str], tuple[ast.ClassDef, Module]] = field(default_factory=dict)
    imports: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    """By module and name there: the module that it is from, and its name in that."""
    under_way: set[tuple[int, int]] = field(default_factory=set)

    def __post_init__(self) -> None:
        for module in self.modules:
            self._learn(module.tree, Place(module))

    def _learn(self, node: ast.AST, place: Place) -> None:
        for child in ast.iter_child_nodes(node):
            inner = place
            match child:
                case ast.FunctionDef() | ast.AsyncFunctionDef():
                    self.functions[place.module.name, child.name] = (child, place)
                    inner = Place(place.module, child, place.klass)
                case ast.ClassDef():
                    self.classes[place.module.name, child.name] = (child, place.module)
                    inner = Place(place.module, None, child)
                case ast.ImportFrom(module=str(of), names=names):
                    for each in names:
                        self.imports[place.module.name, each.asname or each.name] = of, each.name
                case ast.Call(func=func, args=args):
                    name = _name(func)
                    if name == "partial" and args:
                        name, args = _name(args[0]), args[1:]
                    self.calls.setdefault(name, []).append(Call(child, args, place))
            self._learn(child, inner)

    def of(self, name: str) -> Module | None:
        return next((module for module in self.modules if module.name == name), None)

    def raised(self, *, also: Sequence[str] = ()) -> list[Raised]:
        """Every sentence of an error about a source, or of `also` others, by where it is made."""
        return [
            Raised(call.place.module.path.name, call.node.lineno, sentence)
            for name in (*sorted(self.errors()), *also)
            for call in self.calls.get(name, ())
            for said in call.args[:1]
            for sentence in sorted(self.texts(said, call.place))
        ]

    def places(self) -> set[str]:
        """Every text of integrations that is a word or two and a value: `ticket 7`."""
        return {
            f"{word}{VALUE}"
            for module in self.modules
            if module.name.startswith("integrations.")
            for node in ast.walk(module.tree)
            if isinstance(node, ast.JoinedStr)
            if (word := _word_before_a_value(node))
        }

    def errors(self) -> set[str]:
        """The names of the classes of errors about sources."""
        found = {BASE}
        while (
            more := {
                klass.name
                for klass, _ in self.classes.values()
                if {getattr(base, "id", "") for base in klass.bases} & found
            }
            - found
        ):
            found |= more
        return found

    def texts(self, node: ast.expr, place: Place) -> Texts:
        """All that an expression may say."""
        at = (id(node), id(place.function))
        if at in self.under_way:
            return frozenset()  # a name that is made of itself adds nothing
        self.under_way.add(at)
        try:
            return self._texts(node, place)
        finally:
            self.under_way.remove(at)

    def _texts(self, node: ast.expr, place: Place) -> Texts:
        match node:
            case ast.Constant(value=str(said)):
                return frozenset({said})
            case ast.JoinedStr(values=parts):
                return self._joined([self.texts(part, place) for part in parts])
            case ast.FormattedValue(value=value, format_spec=None, conversion=-1):
                return self.texts(value, place)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return self._joined([self.texts(left, place), self.texts(right, place)])
            case ast.IfExp(body=body, orelse=orelse):
                return self.texts(body, place) | self.texts(orelse, place)
            case ast.BoolOp(values=values):
                return _all(self.texts(each, place) for each in values)
            case ast.Name(id=name):
                told = self._named(name, place)
                return UNSEEN.get(name, told) if told == ANY else told
            case ast.Attribute(value=of, attr=name):
                return self._attribute(of, name, place)
            case ast.Call():
                return self._returned(node, place)
        return ANY

    def _joined(self, parts: Sequence[Texts]) -> Texts:
        return frozenset("".join(each) for each in product(*parts))

    def _named(self, name: str, place: Place) -> Texts:
        function = place.function
        if function is not None:
            given = list(self._assigned(name, function, place))
            if name in _parameters(function):
                given.append(self._given(name, function, place))
            if given:
                return _all(given)
        top = list(self._assigned(name, place.module.tree, Place(place.module)))
        if top:
            return _all(top)
        if (found := self._imported(name, place.module)) is not None:
            module, its_name = found
            return self._named(its_name, Place(module))
        return ANY

    def _assigned(self, name: str, within: ast.AST, place: Place) -> Iterator[Texts]:
        """What a name is given, in a function or at the top of a module."""
        for node in _own(within):
            match node:
                case ast.Assign(targets=[target], value=value):
                    yield from self._bound(name, target, value, place)
                case ast.AnnAssign(target=target, value=ast.expr() as value):
                    yield from self._bound(name, target, value, place)
                case ast.NamedExpr(target=target, value=value):
                    yield from self._bound(name, target, value, place)
                case ast.For(target=target, iter=ast.Tuple(elts=each)):
                    for value in each:
                        yield from self._bound(name, target, value, place)
                case ast.For(target=target) | ast.comprehension(target=target):
                    if any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(target)):
                        yield ANY
                case ast.MatchAs(name=bound) if bound == name:
                    yield ANY

    def _bound(self, name: str, target: ast.expr, value: ast.expr, place: Place) -> Iterator[Texts]:
        match target, value:
            case ast.Name(id=bound), _ if bound == name:
                yield self.texts(value, place)
            case ast.Tuple(elts=names), ast.Tuple(elts=values) if len(names) == len(values):
                for one, its in zip(names, values, strict=True):
                    yield from self._bound(name, one, its, place)
            case ((ast.Tuple() | ast.List()), _):
                if any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(target)):
                    yield ANY

    def _given(self, name: str, function: Function, place: Place) -> Texts:
        """What a parameter is given where the function is called, and by default."""
        found = [self.texts(value, at) for value, at in self._arguments(name, function, place)]
        default = _default(name, function)
        if default is not None:
            found.append(self.texts(default, Place(place.module)))
        return _all(found) or ANY

    def _arguments(
        self, name: str, function: Function, place: Place
    ) -> Iterator[tuple[ast.expr, Place]]:
        wanted = _parameters(function)
        at = wanted.index(name)
        if wanted[:1] == ["self"]:
            at -= 1
        called = place.klass.name if function.name == "__init__" and place.klass else function.name
        for call in self.calls.get(called, ()):
            if not self._reaches(call, called, place.module):
                continue
            starred = any(isinstance(each, ast.Starred) for each in call.args[: at + 1])
            if 0 <= at < len(call.args) and not starred:
                yield call.args[at], call.place
            yield from ((each.value, call.place) for each in call.node.keywords if each.arg == name)

    def _reaches(self, call: Call, name: str, of: Module) -> bool:
        """Whether a call means what is called so in that module."""
        caller = call.place.module
        if caller is of:
            return True
        found = self._imported(name, caller)
        while found is not None and found[0] is not of:
            found = self._imported(name, found[0])
        if found is not None:
            return True
        match call.node.func:
            case ast.Attribute(value=ast.Name(id=alias)):
                return self._module(alias, caller) is of
        return False

    def _imported(self, name: str, module: Module) -> tuple[Module, str] | None:
        of, its_name = self.imports.get((module.name, name), ("", ""))
        found = self.of(of)
        return None if found is None else (found, its_name)

    def _module(self, alias: str, module: Module) -> Module | None:
        """`crm` of `from integrations import crm`."""
        return self.of(".".join(self.imports.get((module.name, alias), ("", ""))))

    def _attribute(self, of: ast.expr, name: str, place: Place) -> Texts:
        match of:
            case ast.Name(id="self") if place.klass is not None:
                return self._own_field(place.klass, name, place.module)
            case ast.Name(id=owner) if place.function is not None:
                told = _annotation(owner, place.function)
                if (klass := self._class(told, place.module)) is not None:
                    return self._field(*klass, name)
        return ANY

    def _own_field(self, klass: ast.ClassDef, name: str, module: Module) -> Texts:
        """What a method gave to `self.name`."""
        found: list[Texts] = []
        for method in (each for each in klass.body if isinstance(each, Function)):
            place = Place(module, method, klass)
            for node in _own(method):
                if isinstance(node, ast.Assign):
                    for target, value in _pairs(node):
                        if isinstance(target, ast.Attribute) and target.attr == name:
                            found.append(self.texts(value, place))
        return _all(found) or self._field(klass, module, name)

    def _field(self, klass: ast.ClassDef, module: Module, name: str) -> Texts:
        """What a field of a dataclass is given where one is made, and by default."""
        fields = [
            each
            for each in klass.body
            if isinstance(each, ast.AnnAssign) and not _is_classvar(each)
        ]
        names = [each.target.id for each in fields if isinstance(each.target, ast.Name)]
        if name not in names:
            return ANY
        at = names.index(name)
        found = [
            self.texts(each, Place(module))
            for each in [fields[at].value]
            if isinstance(each, ast.Constant) and isinstance(each.value, str) and each.value
        ]
        for call in self.calls.get(klass.name, ()):
            if self._reaches(call, klass.name, module):
                if at < len(call.args):
                    found.append(self.texts(call.args[at], call.place))
                found += [
                    self.texts(each.value, call.place)
                    for each in call.node.keywords
                    if each.arg == name
                ]
        return _all(found) or ANY

    def _class(self, name: str, module: Module) -> tuple[ast.ClassDef, Module] | None:
        head, _, last = name.rpartition(".")
        if head:
            owner = self._module(head, module)
        else:
            found = self._imported(last, module)
            owner = found[0] if found is not None else module
        return None if owner is None else self.classes.get((owner.name, last))

    def _returned(self, call: ast.Call, place: Place) -> Texts:
        """What a function of ours returns."""
        name = _name(call.func)
        match call.func:
            case ast.Name():
                imported = self._imported(name, place.module)
                owner = place.module if imported is None else imported[0]
            case ast.Attribute(value=ast.Name(id="self")):
                owner = place.module
            case ast.Attribute(value=ast.Name(id=alias)):
                module = self._module(alias, place.module)
                if module is None:
                    return ANY
                owner = module
            case _:
                return ANY
        if (owner.name, name) not in self.functions:
            return ANY
        function, outside = self.functions[owner.name, name]
        inside = Place(owner, function, outside.klass)
        return (
            _all(
                self.texts(node.value, inside)
                for node in _own(function)
                if isinstance(node, ast.Return) and node.value is not None
            )
            or ANY
        )


def _all(each: Iterable[Texts]) -> Texts:
    return frozenset().union(*each)


def _own(within: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a function or module, without those of functions and classes in it."""
    for child in ast.iter_child_nodes(within):
        if not isinstance(child, Function | ast.ClassDef):
            yield child
            yield from _own(child)


def _pairs(node: ast.Assign) -> Iterator[tuple[ast.expr, ast.expr]]:
    for target in node.targets:
        match target, node.value:
            case ast.Tuple(elts=targets), ast.Tuple(elts=values):
                yield from zip(targets, values, strict=False)
            case ast.Tuple(), _:
                pass
            case _:
                yield target, node.value


def _word_before_a_value(node: ast.JoinedStr) -> str:
    match node.values:
        case [ast.Constant(value=str(word)), ast.FormattedValue()]:
            return word if re.fullmatch(r"[a-z]+( [a-z]+)* ", word) else ""
    return ""


def _name(of: ast.expr) -> str:
    return str(getattr(of, "attr", getattr(of, "id", "")))


def _parameters(function: Function) -> list[str]:
    args = function.args
    return [each.arg for each in (*args.posonlyargs, *args.args, *args.kwonlyargs)]


def _default(name: str, function: Function) -> ast.expr | None:
    args = function.args
    ordered = [*args.posonlyargs, *args.args]
    pairs = zip(reversed(ordered), reversed(args.defaults), strict=False)
    named = zip(args.kwonlyargs, args.kw_defaults, strict=True)
    return next((default for arg, default in [*pairs, *named] if arg.arg == name), None)


def _annotation(name: str, function: Function) -> str:
    args = function.args
    for each in (*args.posonlyargs, *args.args, *args.kwonlyargs):
        if each.arg == name and each.annotation is not None:
            return ast.unparse(each.annotation).strip("'\"")
    return ""


def _is_classvar(node: ast.AnnAssign) -> bool:
    return "ClassVar" in ast.unparse(node.annotation)


def read(paths: Iterable[Path]) -> Code:
    return Code([Module(path, ast.parse(path.read_text(encoding="utf-8"))) for path in paths])
