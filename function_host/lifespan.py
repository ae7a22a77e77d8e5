"""ASGI apps inside function apps are told when the host stops."""

import azure.functions as func


async def end_lifespan(app: object) -> None:
    """Send the shutdown event to an AsgiFunctionApp that was started; its own finalizer cannot do so in a loop."""
    if isinstance(app, func.AsgiFunctionApp) and app.startup_task_done:
        app.startup_task_done = False
        await app.middleware.notify_shutdown()  # type: ignore[no-untyped-call]  # because the library has no types
