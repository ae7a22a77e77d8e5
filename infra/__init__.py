"""Give the image a place to run."""
