"""How keys are kept on Azure, one test per row of the conformance table."""

import json
import uuid

import pytest

pytestmark = pytest.mark.azurite

KEYED = '@app.route(route="f")\ndef MyFunction(req: func.HttpRequest) -> str:\n    return "in"\n'


async def test_row_45_the_first_call_makes_the_blobs_of_the_keys(app, azurite):
    from azure.storage.blob.aio import BlobServiceClient

    name = f"app-{uuid.uuid4().hex[:8]}"
    settings = {"AzureWebJobsStorage": azurite.connection_string, "AzureFunctionsWebHost__hostid": name}
    _, client = await app(KEYED, level="FUNCTION", settings=settings)
    assert (await client.get("/api/f", headers={"x-functions-key": "guess"})).status_code == 401
    async with BlobServiceClient.from_connection_string(azurite.connection_string) as account:
        container = account.get_container_client("azure-webjobs-secrets")
        found = [blob.name async for blob in container.list_blobs(name_starts_with=f"{name}/")]
        assert found == [f"{name}/host.json", f"{name}/myfunction.json"]
        host, function = [json.loads(await (await container.download_blob(blob)).readall()) for blob in found]
    assert (host["masterKey"]["name"], host["masterKey"]["encrypted"]) == ("master", False)
    assert [key["name"] for key in host["functionKeys"]] == ["default"]
    assert (host["systemKeys"], host["source"]) == ([], "runtime")
    assert [(key["name"], key["encrypted"]) for key in function["keys"]] == [("default", False)]
    for key in (host["masterKey"], host["functionKeys"][0], function["keys"][0]):
        assert (await client.get("/api/f", headers={"x-functions-key": key["value"]})).text == "in"
