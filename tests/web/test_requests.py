"""NUL, which PostgreSQL's text cannot hold, never reaches a query."""


def test_no_address_or_field_with_nul_breaks_a_page(sign_in):
    browser = sign_in("coordinator")
    assert browser.get("/deliveries/%00").status_code == 404
    assert browser.get("/deliveries?q=%00rice%00&place=%00&after=%00").status_code == 200


def test_a_field_keeps_all_but_the_nul(sign_in):
    browser = sign_in("coordinator")
    values = browser.page("/deliveries/new").form().filled({})
    answer = browser.post("/deliveries/new", data=values | {"courier": "Un\x00cle"})
    assert answer.status_code == 422
    assert "Uncle" in answer.text
