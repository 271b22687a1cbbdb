"""About and settings."""


def test_about_names_the_source_of_the_places(client):
    assert "P-codes: MIMU release 9.6, Feb 2025" in client.page("/about").text


def test_the_settings_are_an_admins(sign_in):
    assert sign_in("admin").page("/settings").title == "Settings"
    sign_in("treasurer").page("/settings", status=404)
