"""Mutation testing: ``python -m tests.mutation`` (docs/decisions/0018-mutation-testing.md)."""
