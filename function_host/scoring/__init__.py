"""Turn a scoring script into a function app that runs on any functions host."""
