"""A seeded simulator of the live sale: real actions on the real database, interleaved, killed and
lied to.

Each run draws a small world and a schedule from its seed. Sellers, a shipper, the sweep, price
changes, two reconcilers and the clock take turns; between any two transactions the schedule may
hand the turn to another actor, move the clock, or kill the actor as ``kill -9`` would. The treasury
may decline, lose a request, answer late or not at all, or apply a request long after it was given
up. One run in six loses its database and goes on with a backup's, while the treasury remembers what
it has paid since; one in six is pointed at another treasury and back. When all is quiet, the books
must be sound and agree with what the treasury truly paid, no item may have been paid for twice, and
none is both sold and shipped, or in no order's hands. (What a treasury paid after the backup, and
nobody has asked about again, is not in the books: such an item may be held, or on its way. Whoever
restores settles it first: docs/operate.md.)

By hand: ``python -m tests.simulator --seeds 10000 --from 1``.
"""
