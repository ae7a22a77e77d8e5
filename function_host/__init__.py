"""Run a function app."""
