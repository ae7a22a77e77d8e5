"""Builders: from a build context to an image."""

from packager.builders.contract import BuiltImage, ImageBuilder, Log

__all__ = ["BuiltImage", "ImageBuilder", "Log"]
