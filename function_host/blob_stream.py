"""The argument of a function for a blob that is too large for memory."""

from azure.functions.blob import InputStream

from triggers.http_body import SpooledBody


class SpooledInputStream(InputStream):
    """As `azure.functions.InputStream`, but read from disk piece by piece as the function asks for it."""

    def __init__(self, body: SpooledBody, like: InputStream) -> None:
        """All but the data is that of `like`."""
        super().__init__(
            data=b"", name=like.name, uri=like.uri, length=like.length,
            blob_properties=like.blob_properties, metadata=like.metadata,
        )  # fmt: skip
        self._io = body.open()  # type: ignore[assignment]  # because it is no BytesIO, but read like one
