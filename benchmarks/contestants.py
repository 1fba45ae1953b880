"""The compared servers: ours as shipped, hand-written peers, and PostgreSQL under pgbench."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass, field
from pathlib import Path

from benchmarks import cpu, sell_back_sql, world
from benchmarks.load import MULTIPLIER, Load, Numbers, Report, percentile
from benchmarks.world import ROOT, Database
from config.local.children import Children
from config.postgres.embedded_owner import BINARIES
from config.web.server import listen

PROCESSES = 2  # web processes of the server and of the peers
READY_SECONDS = 30
LIMITS = ("API_RATE_LIMIT", "API_QUOTE_LIMIT", "BUY_CAP_PER_PARTNER_HOUR")


@dataclass(frozen=True, slots=True)
class Measured:
    """One run of one contestant. CPU seconds are of the whole run, without the generator's."""

    report: Report
    server_cpu: float
    postgres_cpu: float

    @property
    def rate(self) -> float:
        """Responses a second."""
        return self.report.done / self.report.seconds

    def cpu_each(self) -> float:
        """Server and database CPU seconds for one response."""
        return (self.server_cpu + self.postgres_cpu) / max(1, self.report.done)


@dataclass
class Contestant(ABC):
    """A server that sells back items. ``folder`` is for its logs."""

    database: Database
    folder: Path
    connections: int
    name: str = ""

    @abstractmethod
    def start(self) -> None:
        """Start it."""

    @abstractmethod
    def stop(self) -> None:
        """Stop it."""

    @abstractmethod
    def sell(self, numbers: Numbers, seconds: float) -> Report:
        """Sell these items, each once, for this long."""

    def server_cpu(self) -> float:
        """CPU seconds of its own server so far."""
        return 0.0

    def measure(self, numbers: Numbers, seconds: float) -> Measured:
        """One run with its CPU time. Raises RuntimeError if any response was not a sale."""
        postgres = cpu.postmaster(self.folder)
        server_before, postgres_before = self.server_cpu(), cpu.used_by(postgres)
        report = self.sell(numbers, seconds)
        measured = Measured(
            report, self.server_cpu() - server_before, cpu.used_by(postgres) - postgres_before
        )
        if report.first_wrong or not report.done:
            raise RuntimeError(
                f"{self.name}: {report.statuses} instead of sales: {report.first_wrong}"
            )
        return measured


@dataclass
class HttpContestant(Contestant):
    """A web server on its own port, loaded by the generator."""

    port: int = 0

    def __post_init__(self) -> None:
        self.port = free_port()

    def load(self, load: Load) -> Report:
        """Run the generator in a separate process."""
        process = self.begin(load)
        out, err = process.communicate()
        if process.returncode:
            raise RuntimeError(f"{self.name}: {err.strip()}")
        return Report(**json.loads(out))

    def begin(self, load: Load) -> subprocess.Popen[str]:
        """Start the generator; its report is its output."""
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.load"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        assert process.stdin is not None  # noqa: S101  (a pipe was asked for)
        process.stdin.write(json.dumps(asdict(load)))
        process.stdin.close()
        process.stdin = None  # so that it is not flushed again
        return process

    def sell(self, numbers: Numbers, seconds: float) -> Report:
        return self.load(Load(self.port, self.database.key, seconds, self.connections, numbers))

    def read(self, paths: tuple[str, ...], seconds: float) -> Report:
        """Request these pages in turn."""
        return self.load(
            Load(
                self.port, self.database.key, seconds, self.connections, Numbers(0, 1, 0, 0), paths
            )
        )

    def wait(self) -> None:
        """Wait until it accepts connections."""
        until = time.monotonic() + READY_SECONDS
        while time.monotonic() < until:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.1)
        raise RuntimeError(f"{self.name} did not start; its log is in {self.folder / 'log'}.")


@dataclass
class Shipped(HttpContestant):
    """Our server, started as ``manage.py up`` does, without rate limits.

    ``settings`` override others.
    """

    name: str = "this server"
    settings: dict[str, str] = field(default_factory=dict)

    def start(self) -> None:
        os.environ |= dict.fromkeys(LIMITS, "100000000")
        os.environ |= {"WEB_WORKERS": str(PROCESSES), "LOG_FORMAT": "json", **self.settings}
        self._children = Children(ROOT, self.folder / "log")
        self._children.start_web(listen("127.0.0.1", self.port), PROCESSES)
        self.wait()

    def stop(self) -> None:
        self._children.stop()
        os.environ |= dict.fromkeys(self.settings, "")

    def server_cpu(self) -> float:
        return sum(cpu.used_by(child.process.pid) for child in self._children.running)

    def processes(self) -> list[int]:
        """The ids of all its processes."""
        children = [child.process.pid for child in self._children.running]
        return [pid for child in children for pid in cpu.family(child)]


@dataclass
class Uncapped(Shipped):
    """Our server while no cap is set."""

    name: str = "this server, caps off"

    def sell(self, numbers: Numbers, seconds: float) -> Report:
        with self.database.connect() as connection:
            world.cap(connection, on=False)
            try:
                return super().sell(numbers, seconds)
            finally:
                world.cap(connection)


@dataclass
class Peer(HttpContestant):
    """Starlette and asyncpg under uvicorn; ``variant``: ``one`` statement or ``eight``."""

    variant: str = "one"
    python: Path = Path()

    def start(self) -> None:
        sale = self.folder / "statement.sql"
        sale.write_text(sell_back_sql.numbered(), encoding="utf-8")
        settings = {
            "BENCH_VARIANT": self.variant,
            "BENCH_CONNECTIONS": str(max(1, self.connections // PROCESSES)),
            "BENCH_STATEMENT": str(sale),
            "BENCH_DATABASE": f"{self.database.sockets}/sellback",
        }
        options = [
            "--loop",
            "uvloop",
            "--http",
            "httptools",
            "--no-access-log",
            "--log-level",
            "warning",
        ]
        options += ["--workers", str(PROCESSES)]
        with (self.folder / "log" / f"peer-{self.variant}.log").open("wb") as log:
            self._process = subprocess.Popen(
                [
                    str(self.python),
                    "-m",
                    "uvicorn",
                    "benchmarks.peers.app:app",
                    "--port",
                    str(self.port),
                    *options,
                ],
                cwd=ROOT,
                env=os.environ | settings,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.wait()

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(20)

    def server_cpu(self) -> float:
        return cpu.used_by(self._process.pid)


@dataclass
class Pgbench(Contestant):
    """The same statement as a function, called by PostgreSQL's load generator: the upper limit."""

    name: str = "pgbench"

    def start(self) -> None:
        with self.database.connect() as connection:
            connection.execute(sell_back_sql.function().encode())

    def stop(self) -> None:
        """Nothing to stop: it runs only during a measurement."""

    def sell(self, numbers: Numbers, seconds: float) -> Report:
        """Sell ``numbers``, which must last for the run; if clearly too few, a fixed number."""
        log = self.folder / "log" / "pgbench"
        for old in log.parent.glob("pgbench.*"):
            old.unlink()
        script = self.folder / "sale.pgbench"
        script.write_text(
            _script(numbers, self.database.environment, self.connections), encoding="utf-8"
        )
        few = numbers.count < seconds * 2000 or seconds < 1
        until = (
            ("-t", str(numbers.count // self.connections)) if few else ("-T", str(round(seconds)))
        )
        options = ("-n", "-M", "prepared", "-j", str(PROCESSES), *until)
        where = ("-h", self.database.sockets, "-U", "postgres", "-c", str(self.connections))
        command = [str(BINARIES / "pgbench"), *options, *where, "-D", "n=0", "-f", str(script)]
        process = subprocess.Popen(
            [*command, "-l", f"--log-prefix={log}", "sellback"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert process.stdout is not None  # noqa: S101  (a pipe was asked for)
        said = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode or "ERROR" in said:
            raise RuntimeError(f"pgbench: {said}")
        return _pgbench_report(said, log, usage.ru_utime + usage.ru_stime)


def _script(numbers: Numbers, environment: int, clients: int) -> str:
    span = numbers.span // numbers.step
    return (
        f"\\set position {numbers.start} + :client_id + :n * {clients}\n"
        "\\set n :n + 1\n"
        f"\\set number {numbers.first} + {numbers.step} * ((:position * {MULTIPLIER}) % {span})\n"
        f"SELECT bench.sell({environment}, :number);\n"
    )


def _pgbench_report(said: str, log: Path, own_cpu: float) -> Report:
    rate = re.search(r"^tps = ([\d.]+)", said, re.MULTILINE)
    if rate is None:
        raise RuntimeError(f"pgbench gave no rate: {said}")
    lines = [
        line for path in log.parent.glob("pgbench.*") for line in path.read_text().splitlines()
    ]
    took = [int(line.split(" ", 3)[2]) / 1e6 for line in lines]
    return Report(
        statuses={"200": len(took)},
        seconds=len(took) / float(rate[1]),
        p50=percentile(took, 0.5),
        p99=percentile(took, 0.99),
        cpu=own_cpu,
    )


def free_port() -> int:
    """A port that is currently free."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
