"""Finds retired names in one piece of source, through aliases, assignments and what calls return."""

import ast
import re
from collections.abc import Iterable

from packager.migration.arguments import change_of
from packager.migration.report import Finding, Verdict
from packager.migration.table import Now, RetiredName, table

_ROOT = "azureml"
_OWN = "self."
_INSTALLS = re.compile(r"\b(?:pip|pip3|conda)\s+install\b.*\bazureml")
_VERDICTS: dict[Now, Verdict] = {
    "same": "works as is",
    "better": "works as is",
    "meaningless": "has no meaning here",
    "refused": "not supported",
}


class Scan(ast.NodeVisitor):
    """Collects the findings of one cell or file; `names` is what its variables stand for, and is added to."""

    def __init__(self, *, file: str, cell: int | None, names: dict[str, str]) -> None:
        self.findings: list[Finding] = []
        self._file, self._cell, self._names = file, cell, names
        self._table = table()

    def read(self, source: str) -> None:
        """Look through the source; raises SyntaxError."""
        self.visit(ast.parse(source))

    def read_magics(self, magics: Iterable[tuple[int, str]]) -> None:
        """Look through a notebook's own commands, of which installing the retired packages is the one that matters."""
        for line, text in magics:
            if _INSTALLS.search(text):
                note = "the retired packages are not needed, here or in the image"
                self.add(line, text, "has no meaning here", note)

    def add(self, line: int, name: str, verdict: Verdict, note: str = "", write: str | None = None) -> None:
        """Note a finding."""
        self.findings.append(
            Finding(file=self._file, cell=self._cell, line=line, name=name, verdict=verdict, note=note, write=write)
        )

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            if _retired(alias.name):
                self._names[alias.asname or _ROOT] = alias.name if alias.asname else _ROOT
                self._note_module(node.lineno, alias.name)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        module = node.module or ""
        if node.level or not _retired(module):
            return
        for alias in node.names:
            if alias.name == "*":
                brought = self._table.public(module)
                self._names.update(brought)
                self._note_module(node.lineno, module, f"stands for {', '.join(sorted(brought))}" if brought else "")
                continue
            name = self._table.canonical(f"{module}.{alias.name}")
            self._names[alias.asname or alias.name] = name
            if self._is_module(name):
                self._note_module(node.lineno, name)
            else:
                self._note_import(node.lineno, name, f"{module}.{alias.name}")

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        # A method may stand above the one that says what its attributes are.
        before, count = dict(self._names), len(self.findings)
        self.generic_visit(node)
        del self.findings[count:]
        for statement in node.body:
            for name in _bound(statement):
                self._names |= {f"{_OWN}{name}": self._names[name]} if name in self._names else {}
        self.generic_visit(node)
        for name in self._names.keys() - before.keys():
            if name.startswith(_OWN):
                del self._names[name]

    def _visit_function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        before = dict(self._names)
        self.generic_visit(node)
        shared = {name for each in ast.walk(node) if isinstance(each, ast.Global) for name in each.names}
        kept = {name: kind for name, kind in self._names.items() if name.startswith(_OWN) or name in shared}
        own = {name for name in before if not name.startswith(_OWN) and name not in shared}
        self._names.clear()
        self._names.update({name: before[name] for name in own} | kept)

    visit_FunctionDef = visit_AsyncFunctionDef = _visit_function  # noqa: N815 - ast's names

    def visit_arg(self, node: ast.arg) -> None:
        if node.annotation is not None:
            self.visit(node.annotation)
            self._bind(ast.Name(node.arg), self._annotated(node.annotation))

    def visit_withitem(self, node: ast.withitem) -> None:
        self.visit(node.context_expr)
        if node.optional_vars is not None:
            self._bind(node.optional_vars, self._resolve(node.context_expr))

    def _annotated(self, node: ast.expr) -> str | None:
        """The retired class that `X`, `"X"`, `X | None` or `Optional[X]` says."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            try:
                return self._annotated(ast.parse(node.value, mode="eval").body)
            except SyntaxError:
                return None
        if isinstance(node, ast.BinOp):
            return self._annotated(node.left) or self._annotated(node.right)
        if isinstance(node, ast.Subscript):
            return self._annotated(node.slice)
        return self._resolve(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        self.visit(node.value)
        kind, element = self._resolve(node.value), self._element(node.value)
        for target in node.targets:
            self._bind(target, kind, element)
            self.visit(target)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        said = self._annotated(node.annotation)
        if node.value is not None:
            self.visit(node.value)
            said = self._resolve(node.value) or said
        self._bind(node.target, said)
        self.visit(node.target)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.visit(node.value)
        self._bind(node.target, self._resolve(node.value), self._element(node.value))

    def visit_For(self, node: ast.For) -> None:
        self._bind(node.target, self._element(node.iter))
        self.generic_visit(node)

    def visit_comprehension(self, node: ast.comprehension) -> None:
        self._bind(node.target, self._element(node.iter))
        self.generic_visit(node)

    def _visit_comprehending(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> None:
        # What is bound comes after its use in the source, and in ast's order.
        for generator in node.generators:
            self.visit(generator)
        for field in ("elt", "key", "value"):
            if hasattr(node, field):
                self.visit(getattr(node, field))

    visit_ListComp = visit_SetComp = visit_GeneratorExp = visit_DictComp = _visit_comprehending  # noqa: N815 - ast's names

    def visit_Call(self, node: ast.Call) -> None:
        name = self._resolve(node.func)
        if name is None:
            self.generic_visit(node)
            return
        found = self._table.find(name)
        change = change_of(name, node)
        if change is not None:
            self.add(node.lineno, name, "works with a change", change.note, change.write)
        else:
            self._note(node.lineno, found, name)
        if isinstance(node.func, ast.Attribute):
            self._visit_calls_in(node.func.value)
        for argument in (*node.args, *node.keywords):
            self.visit(argument)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        name = self._resolve(node)
        if name is None:
            self.generic_visit(node)
            return
        if _variable(node) in self._names:
            return
        if not self._is_module(name):
            self._note(node.lineno, self._table.find(name), name)
        self._visit_calls_in(node.value)

    def _visit_calls_in(self, node: ast.expr) -> None:
        """`a.b().c` has a call in it; `a.b.c` is one name, noted as a whole."""
        while isinstance(node, ast.Attribute):
            node = node.value
        if not isinstance(node, ast.Name):
            self.visit(node)

    def _resolve(self, node: ast.expr) -> str | None:
        """The retired name that an expression is, or the retired class that its value has."""
        if (known := self._names.get(_variable(node))) is not None:
            return known
        if isinstance(node, ast.Attribute):
            base = self._resolve(node.value)
            return self._table.canonical(f"{base}.{node.attr}") if base is not None else None
        if isinstance(node, ast.Await | ast.NamedExpr):
            return self._resolve(node.value)
        if isinstance(node, ast.Subscript):
            return self._element(node.value)
        return self._returned(node) if isinstance(node, ast.Call) else None

    def _returned(self, node: ast.Call) -> str | None:
        called = self._resolve(node.func)
        if called is None:
            return None
        made = called if self._table.is_class(called) or called.rpartition(".")[2][:1].isupper() else None
        return self._table.find(called).returns or made

    def _element(self, node: ast.expr) -> str | None:
        """The class of what a list has in it: that of `Model.list(...)`, say, or of a variable with it."""
        if (known := self._names.get(_in(_variable(node)))) is not None:
            return known
        name = self._resolve(node.func) if isinstance(node, ast.Call) else None
        owner, _, last = (name or "").rpartition(".")
        return owner if last == "list" and self._table.is_class(owner) else None

    def _bind(self, target: ast.expr, kind: str | None, element: str | None = None) -> None:
        variable = _variable(target)
        if not variable:
            return
        for name, stands_for in ((variable, kind), (_in(variable), element)):
            self._names.pop(name, None)
            if stands_for is not None:
                self._names[name] = stands_for

    def _is_module(self, name: str) -> bool:
        return name not in self._table.names and any(
            other.startswith(f"{name}.") for other in (*self._table.names, *self._table.below)
        )

    def _note_module(self, line: int, module: str, note: str = "") -> None:
        name = self._table.canonical(module)
        if any(other.startswith(f"{name}.") for other in self._table.names):
            self.add(line, module, "works as is", note)
        else:
            self._note_import(line, name, module)

    def _note_import(self, line: int, name: str, written: str) -> None:
        """What there is to know of a name that works is said where it is used."""
        found = self._table.find(name)
        if found.now in {"same", "better"}:
            self.add(line, written, "works as is")
        else:
            self._note(line, found, written)

    def _note(self, line: int, found: RetiredName, name: str) -> None:
        verdict = _VERDICTS[found.now]
        if found.now == "refused" and found.line is not None:
            verdict = "works with a change"
        self.add(line, name, verdict, found.note, found.line)


def _variable(node: ast.expr) -> str:
    """`a` and `self.a` are variables, as what they hold can be followed; '' for other expressions."""
    if isinstance(node, ast.Attribute):
        owner = _variable(node.value)
        return f"{owner}.{node.attr}" if owner else ""
    return node.id if isinstance(node, ast.Name) else ""


def _bound(statement: ast.stmt) -> list[str]:
    """The variables that a statement of a class's body makes attributes."""
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    return [each.id for each in targets if isinstance(each, ast.Name)]


def _in(name: str) -> str:
    """The entry in `names` for what a list has in it; no variable is called that."""
    return f"{name}[]"


def _retired(module: str) -> bool:
    return module == _ROOT or module.startswith(f"{_ROOT}.")
