"""The calls of the retired Model that cannot be kept, each with its reason and what to do instead."""

from typing import Never

from packager.errors import InvalidModel, InvalidPackageRequest


class RefusedCalls:
    """Calls that raise at once, with the retired signatures."""

    id: str

    @staticmethod
    def profile(  # noqa: PLR0913, PLR0917 - the retired signature
        workspace: object,
        profile_name: str,
        models: object,
        inference_config: object,
        input_dataset: object,
        cpu: float | None = None,
        memory_in_gb: float | None = None,
        description: str | None = None,
    ) -> Never:
        """Refused: nothing here measures a model on other machines."""
        raise InvalidPackageRequest(
            f"Model.profile(..., {profile_name!r}, ...) is not possible: there is no service that runs a model on "
            "several sizes of machine. Run the package with the limits in question ('docker run --cpus 1 --memory "
            "2g ...') and read GET /metrics."
        )

    def get_sas_urls(self) -> Never:
        """Refused: files are handed out by download() alone."""
        raise InvalidModel(
            f"Model {self.id} has no SAS URLs: a registry may be a folder or be reached without an account key. Call "
            "download(), which checks what it gets."
        )
