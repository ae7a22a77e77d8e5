"""Turn a checked order into the folder that becomes the image."""
