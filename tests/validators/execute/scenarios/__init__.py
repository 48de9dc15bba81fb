"""Scenarios: each `test_…` function is one story, discovered by its name."""
