import json
import traceback

import pytest

from function_host.config import load_config
from function_host.scoring.entry_script import EntryScript
from function_host.scoring.errors import EntryScriptError
from function_host.telemetry.tracebacks import users_part


def _files(error: BaseException) -> list[str]:
    return [frame.filename for frame in traceback.extract_tb(error.__traceback__)]


def test_it_begins_with_the_users_code(tmp_path):
    (tmp_path / "score.py").write_text("import json\ndef init(): json.loads('{')\ndef run(data): pass")
    with pytest.raises(EntryScriptError) as caught:
        EntryScript(tmp_path / "score.py").start()
    files = _files(users_part(caught.value.__cause__))
    assert files[0] == str(tmp_path / "score.py")
    assert files[-1] == json.decoder.__file__


def test_a_syntax_error_needs_no_frames_at_all(tmp_path):
    (tmp_path / "score.py").write_text("def init(:")
    with pytest.raises(EntryScriptError) as caught:
        EntryScript(tmp_path / "score.py").start()
    assert _files(users_part(caught.value.__cause__)) == []


def test_an_error_of_the_host_itself_is_shown_whole(tmp_path):
    (tmp_path / "host.json").write_text("[]")
    with pytest.raises(Exception, match="JSON object") as caught:
        load_config(tmp_path, {})
    assert _files(users_part(caught.value))[-1].endswith("json_file.py")
