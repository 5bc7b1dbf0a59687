"""
The proof of the verification engine: tables that are right, one slip in each, and a judge that owes the engine nothing.

- ``generator``: consistent tables of random shape, rounded as a report prints them.
- ``slips``: one slip of each kind, made as people make them: at print time, from the true values.
- ``brute``: interval arithmetic of its own and every single edit tried, to say which slips can be told at all.
- ``score``: what ``verify`` makes of them; ``python -m tests.slips.score`` writes ``docs/reference/slips.md``.

All figures are made up, but for the published emission factors and global warming potentials.
"""
