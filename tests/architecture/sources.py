"""The project's own files, as the architecture tests read them."""

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from aidnet.config import ROOT


@dataclass(frozen=True)
class Module:
    """A Python file of the app."""

    path: Path
    #: Such as "aidnet.funding.service".
    name: str

    @cached_property
    def text(self) -> str:
        return self.path.read_text("utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Everything in its tree."""
        return tuple(ast.walk(self.tree))

    @property
    def slice(self) -> str:
        """The folder it is in; "" for a module right under `aidnet`."""
        parts = self.name.split(".")
        return parts[1] if len(parts) > 2 or (len(parts) == 2 and self.path.name == "__init__.py") else ""

    @property
    def last(self) -> str:
        return self.name.rsplit(".", 1)[-1]

    @cached_property
    def imports(self) -> frozenset[str]:
        """Full names of what it imports, wherever in the file: `from a import b` is both `a` and `a.b`."""
        return frozenset(self._imports())

    def _imports(self) -> Iterator[str]:
        for node in self.nodes:
            if isinstance(node, ast.Import):
                yield from (each.name for each in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield node.module
                yield from (f"{node.module}.{each.name}" for each in node.names)


@cache
def modules() -> tuple[Module, ...]:
    """Every module of the app."""
    return tuple(
        Module(path, ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"))
        for path in sorted((ROOT / "aidnet").rglob("*.py"))
    )


@cache
def committed() -> tuple[Path, ...]:
    """Every file that git keeps, or would keep after `git add`."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    return tuple(path for path in (ROOT / name for name in sorted(set(listed))) if path.is_file())


def texts(*endings: str) -> Iterator[tuple[Path, str]]:
    """The committed text files with these endings (all texts without any): name from the root, and content."""
    for path in committed():
        if endings and path.suffix not in endings:
            continue
        try:
            yield path.relative_to(ROOT), path.read_text("utf-8")
        except UnicodeDecodeError:
            continue
