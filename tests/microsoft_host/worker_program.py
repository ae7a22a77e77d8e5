"""Run Microsoft's worker library on one app: `python -m tests.microsoft_host.worker_program LIBRARY APP`.

Reads one JSON document a line: {"function": ..., "data": {"http"|"bytes": ...}, "metadata": {...}}. The first line that
it writes describes the functions, each other one answers a line that was read.
"""

import asyncio
import json
import os
import sys
import uuid
from pathlib import Path
from typing import Any

from tests.microsoft_host.wire import Message, Protos, http_data, request, typed


async def main(library: str, app: Path) -> None:
    # As worker.py does: the app's packages come first, then the app, and the app is the working directory.
    sys.path[:0] = [str(app / ".python_packages/lib/site-packages"), str(app)]
    sys.path.append(library)
    os.chdir(app)
    answers = os.fdopen(os.dup(1), "w")
    # What the script prints belongs to the log.
    os.dup2(2, 1)
    import azure_functions_runtime as worker

    worker.start_threadpool_executor()
    init = Message(worker_init_request=Message(capabilities={}, function_app_directory=str(app)))
    started = await worker.worker_init_request(request(init, host="127.0.0.1", protos=Protos()))
    if started.result.status != Protos.StatusResult.Success:
        raise SystemExit(f"{started.result.exception.message}\n{started.result.exception.stack_trace}")
    found = await worker.functions_metadata_request(request(Message()))
    ids = {one.name: one.function_id for one in found.function_metadata_results}
    print(json.dumps([_described(one) for one in found.function_metadata_results]), file=answers, flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        answer = await worker.invocation_request(request(_invocation(order, ids[order["function"]])))
        print(json.dumps(_outcome(answer)), file=answers, flush=True)


def _described(one: Message) -> dict[str, Any]:
    return {"name": one.name, "bindings": [json.loads(raw) for raw in one.raw_bindings], "properties": one.properties}


def _invocation(order: dict[str, Any], function_id: str) -> Message:
    data = order["data"]
    sent = (
        http_data("POST", data["http"], data["body"].encode())
        if "http" in data
        else Message(bytes=data["bytes"].encode())
    )
    nothing = Message(trace_parent="", trace_state="", attributes={}, retry_count=0, max_retry_count=0)
    body = Message(
        invocation_id=str(uuid.uuid4()),
        function_id=function_id,
        input_data=[Message(name=order["parameter"], data=sent)],
        trigger_metadata=typed(order.get("metadata", {})),
        trace_context=nothing,
        retry_context=nothing,
    )
    return Message(invocation_request=body)


def _outcome(answer: Message) -> dict[str, Any]:
    if answer.result.status != Protos.StatusResult.Success:
        return {"error": answer.result.exception.message, "traceback": answer.result.exception.stack_trace}
    return {
        "returned": _value(answer.return_value),
        "outputs": {one.name: _value(one.data) for one in answer.output_data},
    }


def _value(data: Message | None) -> Any:
    if data is None:
        return None
    if data.http is not None:
        return {"status": data.http.status_code, "headers": data.http.headers, "body": _value(data.http.body)}
    value = getattr(data, data.WhichOneof("data") or "string")
    return value.decode() if isinstance(value, bytes) else value


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
