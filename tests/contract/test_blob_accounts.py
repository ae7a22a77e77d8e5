"""The suites of storage accounts over memory and a folder; Azurite's run is in tests/integration."""

import pytest

from tests.contract.blob_accounts import BlobStoreContract, LedgerContract, ReceiptsContract, closing
from triggers.blob_memory import MemoryBlobs, MemoryLedger
from triggers.folder_ledger import FolderLedger
from triggers.local_folder import LocalFolder


@pytest.fixture
def container():
    return "some-container"


@pytest.fixture
def prefix():
    return "blobreceipts/some-host"


class TestMemoryBlobs(BlobStoreContract):
    @pytest.fixture
    def store(self):
        return MemoryBlobs()


class TestMemoryBlobsInSmallPages(BlobStoreContract):
    @pytest.fixture
    def store(self):
        return MemoryBlobs(page_size=2)


class TestLocalFolder(BlobStoreContract):
    @pytest.fixture
    async def store(self, tmp_path, monkeypatch):
        monkeypatch.setattr("triggers.local_folder._SETTLE", 0.0)
        async for store in closing(LocalFolder(tmp_path)):
            yield store


class TestMemoryLedger(LedgerContract):
    @pytest.fixture
    def ledger(self):
        return MemoryLedger()


class TestFolderLedger(LedgerContract):
    @pytest.fixture
    def ledger(self, tmp_path):
        return FolderLedger(tmp_path, "azure-webjobs-hosts")


class TestMemoryReceipts(ReceiptsContract):
    @pytest.fixture
    def ledger(self):
        return MemoryLedger()


class TestFolderReceipts(ReceiptsContract):
    @pytest.fixture
    def ledger(self, tmp_path):
        return FolderLedger(tmp_path, "azure-webjobs-hosts")
