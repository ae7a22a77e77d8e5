"""triggers.folder_ledger: what the shared suite in tests/contract cannot see."""

import json

from triggers.folder_ledger import FolderLedger


async def test_entries_are_small_json_files_that_people_can_find(tmp_path):
    ledger = FolderLedger(tmp_path, "azure-webjobs-hosts")
    await ledger.create('blobreceipts/host/Host.Functions.f/"e"/input/a b.json', {"Attempt": "1"})
    folder = tmp_path / "azure-webjobs-hosts" / "blobreceipts" / "host" / "Host.Functions.f"
    (file,) = folder.iterdir()
    assert file.name == '"e"%2Finput%2Fa b.json'
    assert json.loads(file.read_text()) == {"version": "1", "facts": {"Attempt": "1"}}


async def test_names_cannot_leave_the_folder(tmp_path):
    ledger = FolderLedger(tmp_path, "hosts")
    await ledger.create("blobreceipts/host/f/../../../../../escaped", {})
    assert {path.name for path in tmp_path.iterdir()} == {"hosts", ".staging"}
