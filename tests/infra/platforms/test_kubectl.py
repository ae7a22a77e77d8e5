import json
import sys

import pytest

from infra.errors import ApplyFailed, NotPermitted, PlatformUnavailable
from infra.platforms.kubectl import Kubectl, resource

SCRIPT = """\
import json, pathlib, sys
here = pathlib.Path({here!r})
answers = json.loads((here / "answers").read_text())
given = "" if sys.stdin is None else sys.stdin.read()
with (here / "calls").open("a") as calls:
    calls.write(json.dumps([sys.argv[1:], given]) + "\\n")
code, out, err = next((one for words, *one in answers if words in " ".join(sys.argv)), [0, "", ""])
sys.stdout.write(out)
sys.stderr.write(err)
sys.exit(code)
"""


class Scripted:
    """A command in kubectl's place that answers as it is told."""

    def __init__(self, folder):
        self.folder = folder
        (folder / "kubectl.py").write_text(SCRIPT.format(here=str(folder)))

    def answering(self, *answers, context=""):
        (self.folder / "answers").write_text(json.dumps(answers))
        command = (sys.executable, "-S", str(self.folder / "kubectl.py"))
        return Kubectl(context=context, namespace="ml", command=command)

    @property
    def calls(self):
        return [json.loads(line) for line in (self.folder / "calls").read_text().splitlines()]


@pytest.fixture
def scripted(tmp_path):
    return Scripted(tmp_path)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("apps/v1/Deployment", "deployment.v1.apps"),
        ("v1/Secret", "secret"),
        ("networking.k8s.io/v1/Ingress", "ingress.v1.networking.k8s.io"),
    ],
)
def test_a_kind_is_named_without_doubt(kind, name):
    assert resource(kind) == name


@pytest.mark.process
def test_the_context_and_the_namespace_are_in_every_call(scripted):
    scripted.answering(context="prod").delete("v1/Service", "diabetes")
    (arguments, _), = scripted.calls  # fmt: skip
    assert arguments[:5] == ["--context", "prod", "--namespace", "ml", "delete"]
    scripted.answering().delete("v1/Service", "diabetes")
    assert scripted.calls[1][0][0] == "--namespace"


@pytest.mark.process
def test_one_object_or_none(scripted):
    found = {"kind": "Secret", "metadata": {"name": "x"}}
    assert scripted.answering(["secret/x", 0, json.dumps(found), ""]).get("v1/Secret", "x") == found
    assert scripted.answering().get("v1/Secret", "x") is None


@pytest.mark.process
def test_a_document_goes_in_by_standard_input_never_by_an_argument(scripted):
    body = {"kind": "Secret", "metadata": {"name": "x"}, "data": {"key": "aGlkZGVu"}}
    scripted.answering().apply(body, "v1/Secret/x")
    (arguments, given), = scripted.calls  # fmt: skip
    assert json.loads(given) == body
    assert "--server-side" in arguments
    assert arguments[arguments.index("--field-manager") + 1] == "functions-packager"
    assert not any("aGlkZGVu" in each for each in arguments)


@pytest.mark.process
def test_another_manager_leaves_alone_what_the_first_one_said(scripted):
    scripted.answering().apply({"kind": "A"}, "v1/A/x", manager="memory")
    (arguments, _), = scripted.calls  # fmt: skip
    assert arguments[arguments.index("--field-manager") + 1] == "memory"


@pytest.mark.process
def test_keys_are_taken_out_of_a_secret_by_their_names(scripted):
    scripted.answering().drop_data("settings", ["A", "B"])
    (arguments, _), = scripted.calls  # fmt: skip
    assert arguments[2:4] == ["patch", "secret/settings"]
    assert json.loads(arguments[arguments.index("--patch") + 1]) == {"data": {"A": None, "B": None}}


@pytest.mark.process
@pytest.mark.parametrize(("printed", "count"), [("", 0), ('{"kind": "A"}', 1), ('{"items": [{}, {}]}', 2)])
def test_those_that_exist(scripted, printed, count):
    wanted = [{"apiVersion": "v1", "kind": "A", "metadata": {"name": "a"}, "spec": {}}]
    assert len(scripted.answering(["get", 0, printed, ""]).existing(wanted)) == count


@pytest.mark.process
def test_kinds_that_the_cluster_does_not_know_have_no_objects(scripted):
    kubectl = scripted.answering(
        ["scaledobject", 1, "", 'error: the server doesn\'t have a resource type "scaledobject"'],
        ["service", 0, '{"items": [{"kind": "Service"}]}', ""],
    )
    found = kubectl.labelled(["keda.sh/v1alpha1/ScaledObject", "v1/Service"], {"a": "b"})
    assert found == [{"kind": "Service"}]
    assert kubectl.labelled(["keda.sh/v1alpha1/ScaledObject"], {}) == []
    assert "a=b" in scripted.calls[0][0]


@pytest.mark.process
@pytest.mark.parametrize(
    ("said", "error", "words"),
    [
        ("Unable to connect to the server: dial tcp: i/o timeout", PlatformUnavailable, "context 'prod'"),
        ("error: You must be logged in to the server (Unauthorized)", PlatformUnavailable, "does not know you"),
        ('pods is forbidden: User "me" cannot list', NotPermitted, "Role with that verb"),
        ('namespaces "ml" not found', ApplyFailed, "create_namespace=true"),
        ('no matches for kind "ScaledObject"', ApplyFailed, "keda=false"),
        ("The Deployment is invalid: spec.x", ApplyFailed, "v1/Service/diabetes: The Deployment is invalid"),
        ('The Deployment "geofence" is invalid: field is immutable', ApplyFailed, "immutable"),
        ('services "forbidden" not found', ApplyFailed, 'services "forbidden" not found'),
        ('pods "x" is forbidden: exceeded quota: cpu', ApplyFailed, "a larger quota"),
        ('"x" is forbidden: namespace ml because it is being terminated', ApplyFailed, "Wait until it is gone"),
        ('Get "https://x/api": EOF', PlatformUnavailable, "cannot be reached"),
        ("", ApplyFailed, "it gave no reason"),
    ],
)
def test_what_kubectl_refuses_is_raised_as_what_it_means(scripted, said, error, words):
    kubectl = scripted.answering(["delete", 1, "", said], context="prod")
    with pytest.raises(error, match=words) as caught:
        kubectl.delete("v1/Service", "diabetes")
    assert type(caught.value) is error


@pytest.mark.process
def test_what_kubectl_logs_of_itself_is_left_out(scripted):
    noise = 'E0101 12:00:00.000000    4711 memcache.go:265] "Unhandled Error" err="couldn\'t get current server API"\n'
    said = "The connection to the server 127.0.0.1:1 was refused - did you specify the right host or port?"
    for text, told in ((noise * 5 + said, said), (noise, noise.strip())):
        kubectl = scripted.answering(["delete", 1, "", text])
        with pytest.raises((PlatformUnavailable, ApplyFailed)) as caught:
            kubectl.delete("v1/Service", "diabetes")
        assert str(caught.value).endswith(f": {told}")


@pytest.mark.process
def test_lines_come_without_their_ends_and_a_failure_at_the_end(scripted):
    assert list(scripted.answering(["logs", 0, "one\ntwo\n", ""]).lines("logs", "x")) == ["one", "two"]
    lines = scripted.answering(["logs", 1, "one\n", "container is waiting"]).lines("logs", "x")
    assert next(lines) == "one"
    with pytest.raises(ApplyFailed, match="its log: container is waiting"):
        next(lines)


@pytest.mark.process
def test_nobody_needs_to_read_on(scripted):
    lines = scripted.answering(["logs", 0, "one\n" * 50_000, ""]).lines("logs", "x")
    assert next(lines) == "one"
    lines.close()


@pytest.mark.process
def test_what_somebody_made_before_is_told_apart_from_what_cannot_be_made(scripted):
    body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "k"}}
    assert scripted.answering(["create", 0, "secret/k created", ""]).create(body, "v1/Secret/k")
    there = 'Error from server (AlreadyExists): error when creating "STDIN": secrets "k" already exists'
    assert not scripted.answering(["create", 1, "", there]).create(body, "v1/Secret/k")
    with pytest.raises(ApplyFailed, match="too long"):
        scripted.answering(["create", 1, "", "the name is too long"]).create(body, "v1/Secret/k")


def test_a_command_that_is_not_there():
    kubectl = Kubectl(context="", namespace="default", command=("no-such-kubectl",))
    with pytest.raises(PlatformUnavailable, match="no-such-kubectl cannot be run"):
        kubectl.drop_data("diabetes", ["x"])
