"""Any sequence of acts, rates typed in between: converted once, undone exactly, and every total equal to a recount."""

from datetime import timedelta

from flask import Flask
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule, run_state_machine_as_test

from aidnet.db import db
from aidnet.ledger.models import Measure
from aidnet.rates import queries
from aidnet.rates.models import RateKind
from aidnet.trace import pictures
from aidnet.trace import queries as trace
from tests.funding.books import DAY
from tests.funding.test_books_machine import Money
from tests.rates.typing import parts_add_up, report_in, typed, values

SETTINGS = settings(max_examples=8, stateful_step_count=25, phases=[Phase.explicit, Phase.generate])
RATES = st.sampled_from([None, "4000", "3333.3333", "0.37", "999999999"])
PAIRS = st.sampled_from([("USD", "MMK"), ("MMK", "USD"), ("USD", "THB")])


class Rated(Money):
    """The acts on one fund, in a network that reports in two currencies and types rates when it comes to it."""

    @initialize()
    def open(self) -> None:
        self.known: dict[tuple[int, str], tuple[int, int | None]] = {}
        report_in("USD", "THB")
        super().open()

    @rule(rate=RATES, pair=PAIRS, back=st.integers(0, 9), kind=st.sampled_from([RateKind.MARKET, RateKind.OFFICIAL]))
    def type_rate(self, rate: str | None, pair: tuple[str, str], back: int, kind: RateKind) -> None:
        typed(self.books.treasurer, rate, DAY - timedelta(days=back), base=pair[0], quote=pair[1], kind=kind)

    @invariant()
    def what_was_converted_stays(self) -> None:
        now = values()
        assert self.known.items() <= now.items()
        self.known = now

    @invariant()
    def rated_and_unrated_are_all_of_it(self) -> None:
        for reporting in ("USD", "THB"):
            assert parts_add_up(self.books.treasurer, [self.books.fund.id], reporting)

    @invariant()
    def what_gifts_became_is_what_was_received(self) -> None:
        """In any currency: each column of the picture is what came, by the rate of the day it came."""
        by, funds = self.books.treasurer, [self.books.fund.id]
        own = trace.givers(db(), by, funds)
        for reporting in ("USD", "THB"):
            value, unrated = self.received(reporting)
            found = trace.in_one(db(), by, funds, reporting, own)
            assert found.unrated == unrated
            assert (found.whole.minor if found.whole else 0) == value
            picture = pictures.flow(by, found.whole) if found.whole else None
            for column in picture.columns if picture else ():
                assert sum(one.value for one in column) == value

    @rule()
    def undo_the_last_gift(self) -> None:
        """Whatever was typed since it came: what it was worth is taken away, and nothing else."""
        before = {reporting: self.received(reporting) for reporting in ("USD", "THB")}
        gift = self.books.give(1_234_567, "MMK")
        self.books.undo(gift.code)
        assert {reporting: self.received(reporting) for reporting in ("USD", "THB")} == before

    def received(self, reporting: str) -> tuple[int, dict[str, int]]:
        found = queries.values(db(), self.books.treasurer, [self.books.fund.id], reporting)
        return found.total(Measure.RECEIVED), found.without_rate(Measure.RECEIVED)


def test_whatever_is_typed_and_undone_the_values_are_true(app: Flask) -> None:
    run_state_machine_as_test(Rated, settings=SETTINGS)
