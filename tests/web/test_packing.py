"""Pages are packed for the line, and their packed length tells nothing."""

import gzip

from aidnet.web.packing import pack


def test_a_page_is_sent_packed_to_a_browser_that_asks(client):
    answer = client.get("/about", headers={"Accept-Encoding": "gzip"})

    assert answer.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert b"</html>" in gzip.decompress(answer.data)
    assert len(answer.data) < 10_000


def test_a_page_is_sent_plain_to_a_browser_that_does_not(client):
    answer = client.get("/about", headers={"Accept-Encoding": "identity"})

    assert "Content-Encoding" not in answer.headers
    assert b"</html>" in answer.data


def test_the_same_page_is_packed_to_many_lengths():
    lengths = {len(pack(b"the same page " * 200)) for _try in range(40)}

    assert len(lengths) > 10
    assert gzip.decompress(pack(b"the same page")) == b"the same page"
