"""The admin's pages of partners."""

from tests import factories


def test_the_pages_open(sign_in):
    group = factories.responder("S-07", "Myittar")
    factories.actor("coordinator", group)
    browser = sign_in("admin")

    page = browser.page("/partners")
    assert "S-07" in page.text
    browser.page(f"/partners/{group.code}")
    browser.page("/partners/new")
    browser.page(f"/partners/{group.code}/names")
    browser.page(f"/partners/{group.code}/invitations/new")
    browser.page(f"/partners/{group.code}/status?status=suspended")
    for link in browser.page(f"/partners/{group.code}").links():
        if link.startswith("/") and link not in ("/account",):
            print(link, browser.get(link).status_code)
    assert browser.get("/partners.csv").status_code == 200
