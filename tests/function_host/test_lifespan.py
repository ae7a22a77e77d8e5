import azure.functions as func

from function_host.lifespan import end_lifespan


async def test_an_asgi_app_that_was_started_is_told_once_that_the_host_stops():
    told = []

    async def asgi(scope, receive, send):
        while True:
            message = await receive()
            told.append(message["type"])
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return

    app = func.AsgiFunctionApp(asgi)
    await end_lifespan(app)
    assert told == []
    app.startup_task_done = await app.middleware.notify_startup()
    await end_lifespan(app)
    await end_lifespan(app)
    assert told == ["lifespan.startup", "lifespan.shutdown"]


async def test_other_apps_have_no_lifespan():
    await end_lifespan(func.FunctionApp())
    await end_lifespan(None)
