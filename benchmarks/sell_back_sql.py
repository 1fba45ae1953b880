"""The sellback's statement as shipped, with ``$1`` parameters or as a function."""

from __future__ import annotations

import re

# In this order as $1, $2, …; a new parameter of the statement needs a type here.
TYPES = {
    "environment": "bigint",
    "item_id": "text",
    "requested_by": "text",
    "expected_amount": "numeric",
    "now": "timestamptz",
    "min_amount": "numeric",
    "item_pk": "bigint",
}
PARAMETER = re.compile(r"%\((\w+)\)s")


def numbered() -> str:
    """The statement with ``$n`` for its parameters, in the order of ``TYPES``."""
    from buyback.sellback.sell_back import NOT_WAITING

    statement = NOT_WAITING.replace("%(spread)s", "false")  # one slot always has room here
    unknown = set(PARAMETER.findall(statement)) - set(TYPES)
    if unknown:
        raise LookupError(
            f"benchmarks/sell_back_sql.py gives no type to the sale's parameters {sorted(unknown)}."
        )
    places = {name: f"${number}::{kind}" for number, (name, kind) in enumerate(TYPES.items(), 1)}
    return PARAMETER.sub(lambda found: places[found[1]], statement).replace("%%", "%")


def function() -> str:
    """``bench.sell(environment, number)``: the same statement as an SQL function, for pgbench.

    An item that does not sell is an error, so that pgbench counts only sellbacks.
    """
    body = numbered().replace("$2::text", "bench.item_name(the_number)")
    values = ("the_environment", None, "'key:bench'", "NULL", "NULL", "NULL", "NULL")
    for place, value in ((f"${number}", value) for number, value in enumerate(values, 1) if value):
        body = body.replace(f"{place}::", f"{value}::")
    return f"""
    CREATE OR REPLACE FUNCTION bench.sell(the_environment bigint,
    the_number bigint) RETURNS uuid LANGUAGE plpgsql
    AS $sell$
    #variable_conflict use_column
    DECLARE the_state text; the_expiry boolean; the_amount numeric;
            the_pause boolean; the_cap boolean; the_sale uuid; the_payout uuid;
    BEGIN
        {body} INTO the_state, the_expiry, the_amount, the_pause, the_cap, the_sale, the_payout;
        IF the_sale IS NULL THEN RAISE EXCEPTION 'item %% was not sold', the_number; END IF;
        RETURN the_sale;
    END $sell$
    """.replace("%%", "%")
