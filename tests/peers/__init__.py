"""Reference peers: small real servers for oracle, treasury and carrier, with faults on demand.

By hand, each in a separate terminal:

    python -m tests.peers.oracle --port 9002 --any 100.00
    TREASURY_KEY=<32 characters or more> python -m tests.peers.treasury --port 9001
    python -m tests.peers.carrier --port 9003
    python -m tests.peers.tcp_proxy --port 6543 --to /path/to/.s.PGSQL.5432

and the server with ORACLE_URL=http://127.0.0.1:9002, TREASURY_URL=http://127.0.0.1:9001, the same
TREASURY_KEY, and CARRIER_URL=http://127.0.0.1:9003.

The control route of a running peer switches faults:

    curl 127.0.0.1:9001/_control                                              settings and history
    curl 127.0.0.1:9001/_control -d '{"fault": "hang_after", "times": 1}'     the next request
    curl 127.0.0.1:9001/_control -d '{"fault": "late", "seconds": 20}'        all requests
    curl 127.0.0.1:9001/_control -d '{"fault": null}'                         no fault

In tests: `with TreasuryPeer(key=KEY) as peer: peer.fault("hang_after", times=1); …; peer.paid()`.
They import nothing of the project, so that they are an independent implementation of the protocols.
"""
