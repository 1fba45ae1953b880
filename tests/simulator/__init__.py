"""A seeded simulator of live sellbacks: real actions on the real database, interleaved and killed.

Each run draws a small world and a schedule from its seed. Sellers, a shipper, the sweep, price
changes, two reconcilers and the clock take turns. Between two transactions the schedule may switch
to another actor, move the clock, or kill the actor as ``kill -9`` would. The treasury may decline,
lose a request, respond late or not at all, or apply a request long after it was given up. One run
in six loses its database and continues with a backup, while the treasury remembers its payments;
one in six switches to another treasury and back. At the end, the ledger must be sound and equal the
treasury's true payments, and no item may be paid for twice, be both sold and shipped, or be lost.
(A payment after the backup that is not requested again is not in the ledger; its item may be held
or in an order. Restoring a backup includes settling those first: docs/operate.md.)

By hand: ``python -m tests.simulator --seeds 10000 --from 1``.
"""
