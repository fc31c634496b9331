"""`make run`: what it starts comes back when killed, and nothing stays when it ends."""

import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from eid_portal.env import ROOT
from eid_portal.run import stores
from eid_portal.run.prepare import people
from eid_portal.run.processes import MARK, at_home, marked
from eid_portal.run.programs import Program
from eid_portal.run.stores import DATABASE, OWNER, Place, Postgres, Redis, StoreFailed
from eid_portal.run.supervisor import Running, Supervisor

SLEEP = ("-c", "import time; time.sleep(600)")
STUBBORN = ("-c", "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(600)")


@pytest.fixture
def var(tmp_path_factory) -> Iterator[Path]:
    """A data folder that the stores' user can enter, gone afterwards."""
    folder = Path(f"/tmp/eid-run-test-{os.getpid()}-{time.monotonic_ns()}")  # noqa: S108
    folder.mkdir()
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def place(var: Path) -> Place:
    return Place.under(var)


def eventually(true: Callable[[], object], within: float = 15) -> bool:
    end = time.monotonic() + within
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.05)
    return False


def free_port() -> int:
    """A port that is free, and so is the one after it."""
    while True:
        with socket.socket() as one, socket.socket() as other:
            one.bind(("127.0.0.1", 0))
            try:
                other.bind(("127.0.0.1", one.getsockname()[1] + 1))
            except OSError:
                continue
            return int(one.getsockname()[1])


def test_stores_come_back_with_their_data_after_kill_9(place: Place, var: Path) -> None:
    said: list[str] = []
    supervisor = Supervisor(say=said.append)
    postgres = Postgres(place, log=var / "pg.log")
    redis = Redis(place, log=var / "redis.log")
    try:
        supervisor.add(postgres)
        supervisor.add(redis)
        postgres.make_roles()
        postgres.make_database()
        postgres.sql("CREATE TABLE kept AS SELECT 42 AS answer", database=DATABASE)
        for store in (postgres, redis):
            assert store.process is not None
            os.kill(store.process.pid, signal.SIGKILL)
            store.process.wait()
            supervisor.look()
            assert store.answers()
        assert postgres.sql("SELECT answer FROM kept", database=DATABASE) == "42"
        assert said == ["postgres ended (SIGKILL); again now", "redis ended (SIGKILL); again now"]
    finally:
        supervisor.stop()
    assert not at_home(postgres.data)
    assert not at_home(redis.data)


def test_a_stale_pid_file_with_a_living_number_does_not_stop_the_start(
    place: Place, var: Path
) -> None:
    postgres = Postgres(place, log=var / "pg.log", durable=False)
    postgres.start()
    postgres.stop()
    stale = postgres.data / "postmaster.pid"
    stale.write_text(f"{os.getpid()}\n{postgres.data}\n1\n5432\n\n\n\n")
    shutil.chown(stale, postgres.data.stat().st_uid, postgres.data.stat().st_gid)
    postgres.start()
    assert postgres.answers()
    assert postgres.stop()


def test_an_unfinished_cluster_is_made_anew(place: Place, var: Path) -> None:
    half = place.folder / "postgres.unfinished"
    half.mkdir()
    (half / "PG_VERSION").write_text("18")
    postgres = Postgres(place, log=var / "pg.log", durable=False)
    postgres.start()
    assert postgres.is_new
    assert postgres.stop()
    assert not half.exists()


def test_a_program_that_keeps_dying_is_started_ever_more_slowly(var: Path) -> None:
    said: list[str] = []
    supervisor = Supervisor(say=said.append)
    dying = Running(Program("dying", ("-c", "raise SystemExit(3)")), env={}, log=var / "log")
    supervisor.add(dying)
    end = time.monotonic() + 15
    supervisor.watch(until=lambda: len(said) >= 4 or time.monotonic() > end)
    supervisor.stop()
    assert said[0] == "dying ended (code 3); again now"
    assert said[2].startswith("dying ended (code 3); again in 1 s; its log is ")
    assert said[3].endswith("again in 2 s")


def test_stopping_leaves_nobody_not_even_the_stubborn(var: Path) -> None:
    said: list[str] = []
    supervisor = Supervisor(say=said.append)
    for name, words in (("sleeper", SLEEP), ("stubborn", STUBBORN)):
        supervisor.add(Running(Program(name, words), env={MARK: str(var)}, log=var / "log"))
    assert eventually(lambda: len(marked(str(var))) == 2)
    time.sleep(0.2)  # the stubborn one has to learn to be it
    supervisor.stop(patience=0.5)
    assert not marked(str(var))
    assert said == ["stubborn did not stop when asked and was killed"]


CRASHER = """
import sys, time
from pathlib import Path
from eid_portal.run.processes import MARK
from eid_portal.run.programs import Program
from eid_portal.run.stores import Place, Postgres, Redis
from eid_portal.run.supervisor import Running, Supervisor
var = Path(sys.argv[1])
place = Place.under(var)
supervisor = Supervisor(say=print)
supervisor.add(Postgres(place, log=var / "log"))
supervisor.add(Redis(place, log=var / "log"))
supervisor.add(Running(Program("sleeper", ("-c", "import time; time.sleep(600)")),
                       env={MARK: str(var)}, log=var / "log"))
print("up", flush=True)
time.sleep(600)
"""


def test_kill_9_of_the_supervisor_ends_its_children_and_the_next_start_works(
    place: Place, var: Path
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", CRASHER, var], stdout=subprocess.PIPE, cwd=ROOT
    ) as crasher:
        assert crasher.stdout is not None
        assert crasher.stdout.readline() == b"up\n"
        data = [place.folder / "postgres", place.folder / "redis"]
        assert all(at_home(folder) for folder in data)
        crasher.kill()
    assert eventually(lambda: not any(at_home(folder) for folder in data))
    assert not marked(str(var))
    postgres = Postgres(place, log=var / "log")
    postgres.start()
    assert postgres.stop()


def start(var: Path, port: int) -> subprocess.Popen[str]:
    """The real command, with stores of its own."""
    given = {"DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "EID_BROKER_URL", "EID_KEYS_FILE"}
    return subprocess.Popen(
        [sys.executable, "-m", "eid_portal.run"],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name not in given}
        | {"EID_VAR": str(var), "EID_PORT": str(port)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_two_starts_on_one_folder_or_port_are_refused_clearly(var: Path) -> None:
    import fcntl

    port = free_port()
    with (var / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write("process 1, port 2\n")
        lock.flush()
        with start(var, port) as second:
            said, _ = second.communicate()
        assert second.returncode == 1
        assert f"already runs on {var} (process 1, port 2)" in said
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port + 1))
        taken.listen()
        with start(var, port) as third:
            said, _ = third.communicate()
        assert third.returncode == 1
        assert f"Port {port + 1} cannot be used" in said


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has another user for the stores")
class TestAsRoot:
    def test_data_moves_out_of_a_folder_that_the_stores_user_cannot_enter(self, var: Path) -> None:
        closed = var / "closed"
        closed.mkdir(mode=0o700)
        inner = closed / "var"
        inner.mkdir()
        place = Place.under(inner)
        try:
            assert not place.folder.is_relative_to(var)
            assert Place.under(inner) == place  # the next start finds it again
            postgres = Postgres(place, log=var / "pg.log", durable=False)
            postgres.start()
            assert postgres.process is not None
            assert Path(f"/proc/{postgres.process.pid}").stat().st_uid != 0
            assert postgres.stop()
            (inner / "stores.id").unlink()  # another data folder of the same name: other keys
            assert not (Place.under(inner).folder / "postgres").exists()
        finally:
            shutil.rmtree(place.folder)
            shutil.rmtree(f"{place.folder}.old")

    def test_programs_that_the_stores_user_cannot_reach_are_copied(
        self, var: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = stores._can_run
        monkeypatch.setattr(
            stores, "_can_run", lambda path, user: not path.is_file() and real(path, user)
        )
        place = Place.under(var)
        assert place.postgres_bin.is_relative_to(place.folder)
        assert place.redis_server.is_relative_to(place.folder)
        for store in (
            Postgres(place, log=var / "log", durable=False),
            Redis(place, log=var / "log", durable=False),
        ):
            store.start()
            assert store.stop()
        assert Place.under(var) == place

    def test_somebody_elses_folder_is_refused(self, var: Path) -> None:
        (var / "stores").mkdir()
        with pytest.raises(StoreFailed, match="must be a folder of the user"):
            Place.under(var)


def test_a_long_path_gets_a_short_socket(var: Path) -> None:
    long = var / ("x" * 90)
    long.mkdir()
    long.chmod(0o711)
    place = Place.under(long)
    try:
        postgres = Postgres(place, log=var / "pg.log", durable=False)
        postgres.start()
        assert postgres.url(OWNER).count(str(place.sockets)) == 1
        assert postgres.stop()
    finally:
        shutil.rmtree(place.sockets)


def test_people_are_printed_readably(var: Path) -> None:
    person = {"role": "citizen", "name": "Nguyễn Văn A", "sign_in_name": "n", "try": ["this"]}
    demo = {"addresses": {"portal": "http://localhost:1"}, "people": [person]}
    (var / "demo.json").write_text(json.dumps(demo), encoding="utf-8")
    lines = people(var)
    assert "  portal      http://localhost:1" in lines
    assert "  citizen: Nguyễn Văn A" in lines
    assert any(re.fullmatch(r" +sign-in name +n", line) for line in lines)


@pytest.mark.slow
def test_the_whole_starts_survives_kills_and_stops(var: Path) -> None:
    port = free_port()

    def ready() -> bool:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            line.request("GET", "/readyz", headers={"Host": f"localhost:{port}"})
            return line.getresponse().status == 200
        except OSError:
            return False
        finally:
            line.close()

    with start(var, port) as run:
        assert run.stdout is not None
        lines = []
        for text in run.stdout:
            lines.append(text)
            if "Ctrl-C stops everything." in text:
                break
        said = "".join(lines)
        assert f"Ready: http://localhost:{port}" in said
        assert ready()
        demo = json.loads((var / "demo.json").read_text(encoding="utf-8"))
        assert {"portal", "counter", "admin", "sandbox"} <= demo["addresses"].keys()
        assert (var / "demo.json").stat().st_mode & 0o077 == 0
        assert (var / "keys.json").stat().st_mode & 0o077 == 0
        before = marked(str(var))
        for pid in before:
            if pid != run.pid:
                os.kill(pid, signal.SIGKILL)
        assert eventually(ready, within=30)
        assert not set(before) & set(marked(str(var)))
        run.send_signal(signal.SIGINT)
        said, _ = run.communicate(timeout=30)
        assert run.returncode == 0, said
    assert not marked(str(var))
    assert not any(at_home(var / "stores" / name) for name in ("postgres", "redis"))
