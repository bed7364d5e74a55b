"""The app's credentials: OAuth grants, expiry by the clock, rotation of refresh tokens, uninstalling; several shops."""

import json
from urllib.parse import urlencode


def grant(shop, **form):
    values = {"client_id": shop.client_id, "client_secret": shop.client_secret, **form}
    status, body, _ = shop.request(shop.url, "POST", "/admin/oauth/access_token", urlencode(values).encode(),
                                   {"Content-Type": "application/x-www-form-urlencoded"})
    return status, json.loads(body)


def works(shop, token):
    return "data" in shop.graphql("{ shop { name } }", token=token)


def test_client_credentials_last_a_day(shop):
    shop.set_clock(at="2026-11-01T00:00:00Z")
    status, answer = grant(shop, grant_type="client_credentials")
    assert (status, answer["expires_in"]) == (200, 86399)
    assert "read_orders" in answer["scope"].split(",")
    assert works(shop, answer["access_token"])
    shop.advance(seconds=86400)
    assert not works(shop, answer["access_token"])
    assert works(shop, shop.token)


def test_wrong_secret_and_foreign_organisation(shop):
    assert grant(shop, grant_type="client_credentials", client_secret="no")[0] == 400
    shop.configure(same_organisation=False)
    status, answer = grant(shop, grant_type="client_credentials")
    assert (status, answer["error"]) == (400, "shop_not_permitted")


def test_authorization_code_works_once_and_refresh_tokens_rotate(shop):
    shop.set_clock(at="2026-11-01T00:00:00Z")
    shop.install(code="c-1")
    _, first = grant(shop, code="c-1", expiring="1")
    assert first["expires_in"] == 3600
    assert grant(shop, code="c-1")[0] == 400
    shop.advance(seconds=3601)
    assert not works(shop, first["access_token"])
    _, second = grant(shop, grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert second["refresh_token"] != first["refresh_token"]
    assert works(shop, second["access_token"])
    assert grant(shop, grant_type="refresh_token", refresh_token=first["refresh_token"])[0] == 200  # successor unused: still good
    _, third = grant(shop, grant_type="refresh_token", refresh_token=second["refresh_token"])
    assert works(shop, third["access_token"])
    status, answer = grant(shop, grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert status == 401
    assert "active refresh_token" in answer["error_description"]


def test_uninstalled_app_has_no_access(shop):
    shop.uninstall()
    assert not works(shop, shop.token)
    assert grant(shop, grant_type="client_credentials")[0] == 400
    shop.install()
    assert works(shop, shop.token)


def test_granted_scopes_can_be_read(shop):
    shop.configure(scopes=["write_orders", "read_products"])
    answer = shop.graphql("{ currentAppInstallation { accessScopes { handle } } publicApiVersions { handle supported } }")
    assert answer["data"]["currentAppInstallation"]["accessScopes"] == [{"handle": "read_products"}, {"handle": "write_orders"}]
    assert answer["data"]["publicApiVersions"][-1] == {"handle": "2026-10", "supported": True}


def test_the_token_chooses_the_shop(simulator):
    simulator.reset()
    token = "shpat_" + "b" * 32
    simulator.add_shop(domain="second.myshopify.com", token=token, settings={"currency": "USD", "name": "Second"})
    assert simulator.graphql("{ shop { name currencyCode } }", token=token)["data"]["shop"] == {"name": "Second", "currencyCode": "USD"}
    assert simulator.graphql("{ shop { name } }")["data"]["shop"] == {"name": "Hatoba Test"}
    order = simulator.place_order(shop="second.myshopify.com", lines=[{"title": "x", "price": "1"}])
    assert order["currency"] == "USD"
    assert simulator.truth()["orders"] == []
