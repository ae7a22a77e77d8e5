"""Places to run an image, one file each: from a specification to documents, without touching anything."""
