"""The real tools, run on an exported ledger: what they say of it, and the balances they make of it."""

import csv
import io
import os
import shutil
import subprocess
import sys
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from aidnet.money import EXPONENTS

#: Account and currency to minor units; what is zero is left out.
Balances = dict[tuple[str, str], int]


def minor_of(amount: Decimal, currency: str) -> int:
    minor = amount.scaleb(EXPONENTS[currency])
    assert minor == int(minor), f"{amount} {currency} is finer than its minor unit"
    return int(minor)


class Beancount:
    """`bean-check`, and the balances of Beancount's own loader, which is what `bean-query` reads too."""

    form = "beancount"

    def check(self, path: Path) -> subprocess.CompletedProcess[str]:
        program = Path(sys.executable).with_name("bean-check")
        return subprocess.run([program, "--no-cache", path], capture_output=True, text=True, check=False)

    def balances(self, path: Path) -> Balances:
        from beancount import loader
        from beancount.core.data import Transaction

        entries, errors, _options = loader.load_string(path.read_text())
        assert not errors, errors
        found = Counter[tuple[str, str]]()
        for entry in entries:
            if isinstance(entry, Transaction):
                for posting in entry.postings:
                    found[posting.account, posting.units.currency] += minor_of(
                        posting.units.number, posting.units.currency
                    )
        return {key: minor for key, minor in found.items() if minor}


class Hledger:
    """`hledger check`, strict, and `hledger balance`."""

    form = "hledger"

    def check(self, path: Path) -> subprocess.CompletedProcess[str]:
        return self._run(path, "check", "--strict")

    def balances(self, path: Path) -> Balances:
        answer = self._run(path, "balance", "-N", "--flat", "--output-format", "csv", "--layout", "bare")
        assert answer.returncode == 0, answer.stderr
        rows = list(csv.DictReader(io.StringIO(answer.stdout)))
        found = {
            (row["account"], row["commodity"]): minor_of(Decimal(row["balance"]), row["commodity"]) for row in rows
        }
        return {key: minor for key, minor in found.items() if minor}

    def _run(self, path: Path, *words: str) -> subprocess.CompletedProcess[str]:
        if shutil.which("hledger") is None and "CI" not in os.environ:
            pytest.skip("hledger is not installed: apt-get install hledger")
        return subprocess.run(
            ["hledger", "-f", f"journal:{path}", *words],
            capture_output=True,
            text=True,
            check=False,
            env=os.environ | {"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"},
        )


TOOLS = (Beancount(), Hledger())
