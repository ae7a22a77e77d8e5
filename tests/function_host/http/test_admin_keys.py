import pytest

APP = {
    "function_app.py": """
        import azure.functions as func
        app = func.FunctionApp()

        @app.route(route="hello")
        def hello(req: func.HttpRequest) -> str:
            return "hello"

        @app.route(route="other")
        def other(req: func.HttpRequest) -> str:
            return "other"
        """
}


@pytest.fixture
async def client(write_app, serve):
    host, client = await serve(write_app(APP))
    client.headers["x-functions-key"] = (await host.keys.master()).value
    return client


async def _call(client, path, key):
    return (await client.get(path, headers={"x-functions-key": key})).status_code


@pytest.mark.parametrize("kind", ["keys", "functionkeys"])
async def test_host_keys_are_listed_without_the_master(client, kind):
    document = (await client.get(f"/admin/host/{kind}")).json()
    assert [key["name"] for key in document["keys"]] == ["default"]
    assert document["links"] == [{"rel": "self", "href": f"http://test/admin/host/{kind}"}]


async def test_a_new_key_is_made_and_counts_at_once(client):
    made = await client.post("/admin/host/keys/mine")
    assert made.status_code == 201
    assert made.json()["name"] == "mine"
    assert await _call(client, "/api/hello", made.json()["value"]) == 200


async def test_making_a_known_key_again_renews_it(client):
    first = (await client.post("/admin/host/keys/mine")).json()["value"]
    renewed = await client.post("/admin/host/keys/mine")
    assert renewed.status_code == 200
    assert await _call(client, "/api/hello", first) == 401
    assert await _call(client, "/api/hello", renewed.json()["value"]) == 200


async def test_a_key_may_be_set(client):
    answer = await client.put("/admin/functions/hello/keys/mine", json={"name": "mine", "value": "secret"})
    assert answer.status_code == 201
    assert await _call(client, "/api/hello", "secret") == 200
    assert await _call(client, "/api/other", "secret") == 401
    assert (await client.get("/admin/functions/hello/keys/MINE")).json()["value"] == "secret"


@pytest.mark.parametrize("body", [b"", b"{}", b'{"value": null}', b'{"value": ""}'])
async def test_a_key_without_a_value_is_refused(client, body):
    assert (await client.put("/admin/host/keys/mine", content=body)).status_code == 400


async def test_a_key_may_be_deleted(client):
    value = (await client.post("/admin/host/keys/mine")).json()["value"]
    assert (await client.delete("/admin/host/keys/mine")).status_code == 204
    assert (await client.delete("/admin/host/keys/mine")).status_code == 404
    assert (await client.get("/admin/host/keys/mine")).status_code == 404
    assert await _call(client, "/api/hello", value) == 401


async def test_the_master_key_is_read_by_name_renewed_and_never_deleted(client):
    old = client.headers["x-functions-key"]
    assert (await client.get("/admin/host/systemkeys/_master")).json()["value"] == old
    assert (await client.delete("/admin/host/systemkeys/_master")).status_code == 400
    renewed = await client.post("/admin/host/systemkeys/_master")
    assert renewed.status_code == 201
    assert await _call(client, "/admin/host/status", old) == 401
    assert await _call(client, "/admin/host/status", renewed.json()["value"]) == 200


async def test_a_system_key_opens_no_function(client):
    value = (await client.post("/admin/host/systemkeys/blobs_extension")).json()["value"]
    assert await _call(client, "/api/hello", value) == 401


async def test_keys_of_an_unknown_function_are_404(client):
    assert (await client.get("/admin/functions/nope/keys")).status_code == 404


async def test_keys_that_are_given_from_outside_are_not_changed(write_app, serve, tmp_path):
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "host.master").write_text("m")
    settings = {"AzureWebJobsSecretStorageType": "kubernetes", "FUNCTIONS_SECRETS_PATH": str(tmp_path / "keys")}
    _, client = await serve(write_app(APP), settings)
    assert await _call(client, "/api/hello", "m") == 200
    refused = await client.post("/admin/host/keys/mine", headers={"x-functions-key": "m"})
    assert refused.status_code == 409
    assert "change the Secret that is mounted there" in refused.text
