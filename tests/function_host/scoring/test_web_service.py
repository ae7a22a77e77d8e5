import pytest

APP = {
    "host.json": '{"version": "2.0", "extensions": {"http": {"routePrefix": ""}}}',
    "function_app.py": """
        from function_host.scoring import web_service_app

        app = web_service_app(__file__, entry_script="azureml-app/score.py", model_dir="azureml-models")
        """,
    "azureml-app/score.py": """
        def init():
            pass

        def run(data):
            return data
        """,
}


@pytest.fixture
async def client(write_app, serve):
    return (await serve(write_app(APP)))[1]


async def test_the_root_is_healthy(client):
    answer = await client.get("/")
    assert (answer.status_code, answer.text) == (200, "Healthy")
    assert answer.headers["content-type"].startswith("text/html")


async def test_score_answers_without_a_key(client):
    answer = await client.post("/score", content=b"hi")
    assert (answer.status_code, answer.json()) == (200, "hi")


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/"), ("PUT", "/score"), ("DELETE", "/score"), ("HEAD", "/score"), ("POST", "/swagger.json")],
)
async def test_other_methods_are_405_in_json(client, method, path):
    answer = await client.request(method, path)
    assert answer.status_code == 405
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize("path", ["/scores", "/score/", "/score/x"])
async def test_unknown_paths_are_404_in_json(client, path):
    answer = await client.get(path)
    assert answer.status_code == 404
    assert answer.json()["message"].startswith("The requested URL was not found")


@pytest.mark.parametrize("path", ["/", "/swagger.json"])
async def test_options_tells_the_methods(client, path):
    answer = await client.options(path)
    assert (answer.status_code, answer.text, answer.headers["allow"]) == (200, "", "GET, HEAD, OPTIONS")


async def test_the_api_is_described(client):
    assert (await client.get("/swagger.json?version=3")).json()["openapi"] == "3.0.3"


FUNCTIONS = """
    from function_host.scoring import scoring_app

    app = scoring_app(__file__, entry_script="azureml-app/score.py", model_dir="azureml-models", http={options})
    """


def function_app(**options):
    files = {name: text for name, text in APP.items() if name != "host.json"}
    return {
        **files,
        "host.json": '{"version": "2.0"}',
        "function_app.py": FUNCTIONS.replace("{options}", repr(options)),
        "sample_input.json": '{"data": [1]}',
    }


async def test_a_function_app_describes_its_api_too(write_app, serve):
    _, client = await serve(write_app(function_app(auth_level="anonymous", route="items/{id}")))

    document = (await client.get("/api/swagger.json?version=3")).json()

    assert list(document["paths"]) == ["/api/items/{id}", "/api/swagger.json"]
    assert document["components"]["schemas"]["ServiceInput"]["example"] == {"data": [1]}
    assert document["components"]["securitySchemes"] == {}
    assert (await client.get("/api/swagger.json?version=9")).status_code == 404


async def test_the_description_asks_for_the_same_key(write_app, serve):
    host, client = await serve(write_app(function_app()))

    assert (await client.get("/api/swagger.json")).status_code == 401
    key = (await host.keys.master()).value
    answer = await client.get("/api/swagger.json", headers={"x-functions-key": key})
    assert answer.json()["securityDefinitions"].keys() == {"FunctionKey"}


async def test_a_script_may_have_that_path_itself(write_app, serve):
    _, client = await serve(write_app(function_app(auth_level="anonymous", route="swagger.json")))

    assert (await client.post("/api/swagger.json", content=b"hi")).json() == "hi"


async def test_the_admin_api_knows_a_sample(write_app, serve):
    host, client = await serve(write_app(function_app()))
    key = (await host.keys.master()).value

    answer = await client.get("/admin/functions/score_http", headers={"x-functions-key": key})

    assert answer.json()["test_data"] == '{"data": [1]}'


async def test_the_host_tells_how_long_the_script_took(write_app, serve):
    _, client = await serve(write_app(function_app()))

    text = (await client.get("/metrics")).text
    assert "functions_script_import_seconds " in text
    assert "functions_script_init_seconds " in text


async def test_a_script_that_answers_options_itself_wants_a_key_for_them_too(write_app, serve, monkeypatch):
    monkeypatch.setenv("AML_SERVICE_PRIMARY_KEY", "secret")
    raw = "from azureml.contrib.services.aml_request import rawhttp\n\ndef init():\n    pass\n\n@rawhttp\n"
    files = {**APP, "azureml-app/score.py": f"{raw}def run(request):\n    return request.method\n"}
    client = (await serve(write_app(files)))[1]
    assert (await client.options("/score")).status_code == 401
    shown = await client.options("/score", headers={"Authorization": "Bearer secret"})
    assert (shown.status_code, shown.json()) == (200, "OPTIONS")


async def test_other_scripts_are_asked_for_options_without_a_key(write_app, serve, monkeypatch):
    monkeypatch.setenv("AML_SERVICE_PRIMARY_KEY", "secret")
    client = (await serve(write_app(APP)))[1]
    assert (await client.options("/score")).status_code == 200
    assert (await client.post("/score", content=b"hi")).status_code == 401
