import sys

from function_host.scoring.flask_context import flask_context
from function_host.scoring.raw_request import from_event


def test_flask_sees_what_arrived():
    import flask

    with flask_context(from_event(b"[1]", {"x-a": "b"})):
        assert (flask.request.method, flask.request.data, flask.request.headers["X-A"]) == ("POST", b"[1]", "b")
        assert flask.jsonify(1).get_data() == b"1\n"
    assert not flask.has_request_context()


def test_without_flask_nothing_happens(monkeypatch):
    monkeypatch.delitem(sys.modules, "flask", raising=False)
    with flask_context(from_event(b"", {})) as context:
        assert context is None
    assert "flask" not in sys.modules
