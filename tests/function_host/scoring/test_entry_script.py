import pytest

from function_host.scoring.entry_script import EntryScript
from function_host.scoring.errors import EntryScriptError
from function_host.scoring.inputs import ObjectInput, RawInput, TextInput
from function_host.scoring.raw_request import from_event

EVENT = from_event(b"x", {})


@pytest.fixture
def script(tmp_path):
    def write(text: str) -> EntryScript:
        (tmp_path / "score.py").write_text(text)
        return EntryScript(tmp_path / "score.py")

    return write


COUNTING = """
started = 0
def init():
    global started
    started += 1
def run(data):
    return [started, data]
"""


def test_init_runs_once_before_the_first_run(script):
    entry = script(COUNTING)
    entry.start()
    entry.start()
    assert [entry.run({"data": "a"}, dict), entry.run({"data": "b"}, dict)] == [[1, "a"], [1, "b"]]


def test_run_gets_the_headers_only_if_it_asks(script):
    entry = script("def init(): pass\ndef run(data, request_headers): return request_headers['A']")
    entry.start()
    assert entry.run(entry.input.arguments(EVENT), lambda: {"A": "1"}) == "1"


def test_raw_scripts_are_known(script):
    entry = script(
        "from azureml.contrib.services.aml_request import rawhttp\n"
        "def init(): pass\n"
        "@rawhttp\n"
        "def run(request): return request.method"
    )
    from function_host.scoring import azureml_shim

    azureml_shim.install()
    entry.start()
    assert isinstance(entry.input, RawInput)


def test_a_parameter_that_only_has_a_name_is_given_by_name(script):
    entry = script("def init(): pass\ndef run(*, anything): return anything")
    entry.start()
    assert entry.run(entry.input.arguments(EVENT), dict) == "x"


def test_nothing_is_imported_before_what_must_hold(tmp_path):
    (tmp_path / "score.py").write_text("raise SystemExit")

    def refuse():
        raise EntryScriptError("The model was changed.")

    with pytest.raises(EntryScriptError, match="The model was changed"):
        EntryScript(tmp_path / "score.py", refuse).start()


@pytest.mark.parametrize(
    ("text", "sentence", "cause"),
    [
        ("def init(:", "could not be imported: SyntaxError", SyntaxError),
        ("import no_such_module", "could not be imported: ModuleNotFoundError", ModuleNotFoundError),
        ("raise SystemExit", "could not be imported: SystemExit", SystemExit),
        ("def init(): raise KeyboardInterrupt\ndef run(data): pass", "failed: KeyboardInterrupt", KeyboardInterrupt),
        ("def run(data): pass", r"has no function init\(\)", None),
        ("def init(): pass", r"has no function run\(\)", None),
        ("def init(): pass\ndef run(): pass", "takes no argument", None),
        ("def init(): pass\ndef run(request_headers): pass", "takes no argument", None),
        ("def init(): pass\ndef run(*data): pass", r"the parameter '\*data'; it cannot accept", None),
        ("def init(): pass\ndef run(data, /): pass", "cannot accept positional-only", None),
        ("def init(): pass\ndef run(data, **more): pass", r"the parameter '\*\*more'", None),
        (
            "def init(): 1 / 0\ndef run(data): pass",
            r"init\(\) in .*score\.py failed: ZeroDivisionError",
            ZeroDivisionError,
        ),
    ],
)
def test_a_broken_script_is_told_with_its_own_error_as_the_cause(script, text, sentence, cause):
    with pytest.raises(EntryScriptError, match=sentence) as caught:
        script(text).start()
    assert cause is None or isinstance(caught.value.__cause__, cause)


def test_a_failed_start_is_not_tried_again(script):
    entry = script("def init(): raise ValueError('once')\ndef run(data): pass")
    errors = []
    for _ in range(2):
        with pytest.raises(EntryScriptError) as caught:
            entry.start()
        errors.append(caught.value)
    assert errors[0] is errors[1]


def test_a_missing_script_is_named(tmp_path):
    with pytest.raises(EntryScriptError, match=r"none\.py does not exist"):
        EntryScript(tmp_path / "none.py").start()


def test_a_script_with_schemas_may_be_imported_again(script):
    text = (
        "from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType as S\n"
        "from inference_schema.schema_decorators import input_schema, output_schema\n"
        "def init(): pass\n"
        "@input_schema('data', S(1))\n"
        "@output_schema(S(1))\n"
        "def run(data): return data"
    )
    for _ in range(2):
        entry = script(text)
        entry.start()
        assert isinstance(entry.input, ObjectInput)
    plain = script(COUNTING)
    plain.start()
    assert isinstance(plain.input, TextInput)
