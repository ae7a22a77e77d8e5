"""Functions for tests that need one of any kind."""

from function_host.functions import Function, make_binding, make_function


def http_function(name: str) -> Function:
    def call(req) -> str:
        return name

    bindings = [{"type": "httpTrigger", "name": "req"}, {"type": "http", "name": "$return", "direction": "out"}]
    return make_function(name, [make_binding(name, raw) for raw in bindings], call)
