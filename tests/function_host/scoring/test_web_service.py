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
