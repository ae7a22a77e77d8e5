"""Deployments as files for other tools."""
