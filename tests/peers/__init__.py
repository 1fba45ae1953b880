"""Reference peers: small real servers that stand where the oracle, treasury and carrier stand, and
misbehave on demand.

By hand, each in a terminal of its own:

    python -m tests.peers.oracle --port 9002 --any 100.00
    TREASURY_KEY=<32 characters or more> python -m tests.peers.treasury --port 9001
    python -m tests.peers.carrier --port 9003
    python -m tests.peers.tcp_proxy --port 6543 --to /path/to/.s.PGSQL.5432

and the server with ORACLE_URL=http://127.0.0.1:9002, TREASURY_URL=http://127.0.0.1:9001, the same
TREASURY_KEY, and CARRIER_URL=http://127.0.0.1:9003.
Faults of a running peer are switched over its control route:

    curl 127.0.0.1:9001/_control                                             what it is set to, what
    it has done curl 127.0.0.1:9001/_control -d '{"fault": "hang_after", "times": 1}'    the next
    request; without times: all curl 127.0.0.1:9001/_control -d '{"fault": "late", "seconds": 20}'
    curl 127.0.0.1:9001/_control -d '{"fault": null}'                        behave again

In tests: `with TreasuryPeer(key=KEY) as peer: peer.fault("hang_after", times=1); …; peer.paid()`.
They import nothing of the project, so what they say of the protocol is said a second time, by
another hand.
"""
