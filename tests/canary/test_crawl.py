"""Nobody finds what the matrix keeps from them: every GET route, every role, known own and foreign codes."""

import pytest
from flask import render_template_string

from aidnet.web.guards import public
from tests.canary.conftest import Watch
from tests.canary.crawl import open_to

#: Everybody in `Watch.viewers`.
WHO = (
    "coordinator",
    "logger",
    "other coordinator",
    "donor",
    "other donor",
    "treasurer",
    "auditor",
    "admin",
    "public",
)


def test_everybody_looks(watch: Watch) -> None:
    assert set(watch.viewers) == set(WHO)


def test_they_look_at_a_report_that_tells_of_losses(watch: Watch) -> None:
    assert watch.owned.rows["release_loss_reason"]


@pytest.mark.parametrize("who", WHO)
def test_nobody_finds_what_is_kept_from_them(watch: Watch, dialect: str, who: str) -> None:
    """Everything on SQLite. On PostgreSQL, where the same pages are made of the same statements, a few addresses of each route."""
    crawler = watch.crawler(who)
    every = open_to(watch.app, watch.viewers[who], watch.addresses)
    if dialect == "sqlite":
        crawler.crawl(every)
        crawler.crawl_json(every)
        crawler.crawl(every[::4], language="my")
    else:
        crawler.open_few(every)
    leaks, broken, bare = crawler.leaks, crawler.broken, crawler.bare
    assert not leaks, f"{len(leaks)} leaks:\n" + "\n".join(sorted({str(leak) for leak in leaks}))
    assert not broken, "\n".join(sorted(broken))
    assert not bare, "rows that no matrix was asked about:\n" + "\n".join(sorted(bare))
    assert crawler.statuses.get(200, 0) >= (3 if who == "public" else 20), crawler.statuses


def test_a_planted_leak_is_found(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same crawl fails, and says where, when one page shows one field to everybody."""
    secret = next(row["courier"] for row in watch.owned.rows["delivery"] if row["courier"])

    @public
    def leaking() -> str:
        return render_template_string(
            "<!doctype html><title>x</title><h1>About</h1><p>{{ secret }}</p>", secret=secret.upper()
        )

    monkeypatch.setitem(watch.app.view_functions, "network.about", leaking)
    crawler = watch.crawler("donor")
    crawler.crawl([("/about", "network.about")])
    assert crawler.leaks
    assert {(leak.who, leak.endpoint, leak.mark.entity, leak.mark.name) for leak in crawler.leaks} == {
        ("donor", "network.about", "delivery", "courier")
    }
    own = watch.crawler("coordinator")
    own.look("/about", "network.about")
    assert not own.leaks
