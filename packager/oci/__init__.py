"""Images as OCI writes them: references, manifests, layouts, archives and registries."""
