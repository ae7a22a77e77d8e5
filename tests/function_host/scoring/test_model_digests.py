import hashlib

import pytest

from function_host.scoring.errors import EntryScriptError
from function_host.scoring.model_digests import check_models


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "azureml-models" / "digits" / "2" / "folder" / "my model.pkl"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"weights")
    digest = hashlib.sha256(b"weights").hexdigest()
    (tmp_path / "azureml-models" / "digits" / "2.sha256").write_text(f"{digest}  2/folder/my model.pkl\n")
    return path


def test_the_packaged_model_is_accepted(tmp_path, model):
    check_models(tmp_path)


def test_a_changed_model_is_refused_with_both_digests(tmp_path, model):
    model.write_bytes(b"others")
    with pytest.raises(EntryScriptError) as caught:
        check_models(tmp_path)
    said = str(caught.value)
    assert str(model) in said
    assert hashlib.sha256(b"weights").hexdigest() in said
    assert hashlib.sha256(b"others").hexdigest() in said


def test_a_missing_model_is_refused_by_name(tmp_path, model):
    model.unlink()
    with pytest.raises(EntryScriptError, match=r"my model\.pkl.* cannot be read \(No such file"):
        check_models(tmp_path)


def test_without_digests_nothing_is_checked(tmp_path):
    check_models(tmp_path)
