"""From the models' changes to idempotent SQL patches.

`describing` says what tables a state of the models has, `comparing` what changed between two of
them, `planning` into which patches that goes, `blocks` how each change is written so that it may be
run again at any time, and `writing` puts the files down. `docs/migrations.md` has the rules.
"""

from __future__ import annotations
