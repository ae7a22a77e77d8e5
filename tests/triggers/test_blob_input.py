import pytest

from triggers.blob_input import BlobReader, blob_reader
from triggers.blob_memory import MemoryBlobs
from triggers.contract import Binding, BindingContext
from triggers.errors import ConnectionNotConfigured, InvalidPath
from triggers.paths import BlobPath

PATH = BlobPath.parse("input/{name}")


@pytest.mark.parametrize(("binary", "value"), [(False, "\ufffdA"), (True, b"\xffA")])
async def test_text_is_repaired_and_bytes_are_kept(binary, value):
    store = MemoryBlobs()
    await store.write("input", "a", b"old", "")
    await store.write("input", "a", b"\xffA", "")
    assert await BlobReader(store, PATH, binary=binary).read({"name": "a"}) == value


async def test_a_missing_blob_is_none():
    assert await BlobReader(MemoryBlobs(), PATH).read({"name": "a"}) is None


async def test_a_missing_value_is_told():
    with pytest.raises(InvalidPath, match=r"No value for \{name\}"):
        await BlobReader(MemoryBlobs(), PATH).read({})


@pytest.mark.parametrize(
    ("kind", "value"), [(None, "ü"), ("STRING", "ü"), ("BINARY", b"\xc3\xbc"), ("stream", b"\xc3\xbc")]
)
async def test_the_binding_says_what_the_function_gets(tmp_path, kind, value):
    (tmp_path / "input").mkdir()
    (tmp_path / "input" / "a").write_text("ü")
    options = {"path": "input/{name}", "connection": "Store", "dataType": kind}
    binding = Binding(type="blob", name="b", direction="IN", options=options)
    reader = blob_reader(BindingContext(binding=binding, settings={"Store": f"folder:{tmp_path}"}))
    assert await reader.read({"name": "a"}) == value
    await reader.close()


def test_a_missing_connection_names_the_input():
    binding = Binding(type="blob", name="b", direction="IN", options={"path": "input/a", "connection": "Store"})
    with pytest.raises(ConnectionNotConfigured, match="the blob input 'b' from 'input/a'"):
        blob_reader(BindingContext(binding=binding, settings={}))
