"""Example workspaces, shipped with the library."""
