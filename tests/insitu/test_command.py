"""The command line: names, exit codes, and one line for whatever can be foreseen."""

import json
import os
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import click
import pytest

from insitu import command
from insitu.exits import Exit, Stop
from insitu.folder import open_folder
from insitu.known import refuse_misspelt
from tests.conftest import new_database

ROOT = Path(__file__).parents[2]


def insitu(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs the command as a person does."""
    return subprocess.run(
        [sys.executable, "-m", "insitu", *arguments],
        cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def one_line(result: subprocess.CompletedProcess[str]) -> str:
    """The only line on standard error."""
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1, result.stderr
    return lines[0]


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("site") / "data"


def test_help_names_every_command_and_every_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--help"]) == Exit.OK
    said = capsys.readouterr().out
    assert all(each in said for each in command.COMMANDS)
    assert all(f"{each.value:>5}  " in said for each in Exit)


@pytest.mark.parametrize(("name", "sentence"), [(name, said) for name, (_, said) in command.COMMANDS.items()])
def test_the_list_of_commands_says_what_each_command_says_of_itself(name: str, sentence: str) -> None:
    found = command.cli.get_command(click.Context(command.cli), name)
    assert found is not None
    assert found.get_short_help_str(limit=200) == sentence


SLOW = {"alembic", "celery", "connexion", "numpy", "psycopg2", "pydantic", "rich", "sqlalchemy", "uvicorn"}


@pytest.mark.parametrize("arguments", [["--help"], ["dataset", "list", "--help"], ["--version"], ["none"]])
def test_help_imports_nothing_that_takes_long(arguments: list[str]) -> None:
    program = "import sys; from insitu.command import main; main(sys.argv[1:]); "
    program += "print(*sys.modules, file=sys.stderr)"
    result = subprocess.run(
        [sys.executable, "-c", program, *arguments], cwd=ROOT, capture_output=True, text=True, check=True
    )
    imported = {each.partition(".")[0] for each in result.stderr.split()}
    assert "insitu" in imported
    assert imported & SLOW == set()


@pytest.mark.parametrize("name", command.COMMANDS)
def test_every_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main([name, "--help"]) == Exit.OK
    assert "Example" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["dataset", "add", "x"],
        ["dataset", "set", "x"],
        ["site", "--port", "99999"],
        ["load", "vcf"],
    ],
)
def test_a_misspelt_command_is_a_usage_error(arguments: list[str]) -> None:
    assert command.main(arguments) == Exit.USAGE


def test_a_setting_out_of_range_is_named(tmp_path: Path) -> None:
    result = insitu("dataset", "list", "--data-dir", str(tmp_path), INSITU_WORKERS="0")
    assert result.returncode == Exit.USAGE
    assert "INSITU_WORKERS" in one_line(result)


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = insitu("dataset", "list", "--data-dir", str(tmp_path / "file" / "below"))
    assert result.returncode == Exit.UNAVAILABLE
    assert "--data-dir" in one_line(result)


@pytest.mark.parametrize("folder", ["~nobody-of-that-name/insitu", "~nobody-of-that-name"])
def test_a_home_that_is_not_there_is_one_line(folder: str) -> None:
    result = insitu("dataset", "list", INSITU_DATA_DIR=folder)
    assert result.returncode == Exit.UNAVAILABLE
    assert "--data-dir" in one_line(result)


AS_NOBODY = """
import os, sys
from pathlib import Path
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
from insitu.exits import Stop
from insitu.folder import open_folder
from insitu.known import refuse_misspelt
try:
    open_folder(Path(sys.argv[1]))
except Stop as reason:
    print(reason.public)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_folder_that_everybody_may_write_to_is_no_data_folder() -> None:
    python = shutil.which("python3", path="/usr/bin:/usr/local/bin") or sys.executable
    shared = Path(tempfile.mkdtemp(prefix="insitu-test-"))
    shared.chmod(0o1777)
    try:
        said = subprocess.run(
            [python, "-B", "-c", AS_NOBODY, str(shared)],
            cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if "Permission" in said.stderr or "No module named" in said.stderr:
            pytest.skip("needs a checkout and a Python that every user may read")
        assert "is everybody's" in said.stdout, said.stderr
        assert list(shared.iterdir()) == []
    finally:
        shutil.rmtree(shared)


@pytest.mark.parametrize(("mode", "words"), [(0o755, "chmod 700"), (0o1777, "is everybody's")])
def test_a_folder_in_use_for_something_else_is_not_closed_to_its_users(
    tmp_path: Path, mode: int, words: str
) -> None:
    folder = tmp_path / "srv"
    folder.mkdir()
    (folder / "somebody's").write_text("")
    folder.chmod(mode)
    with pytest.raises(Stop, match=words):
        open_folder(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == mode
    assert [each.name for each in folder.iterdir()] == ["somebody's"]


@pytest.mark.parametrize("holds", [(), ("lost+found",), ("logs", "postgres", "valkey")])
def test_an_empty_folder_and_one_of_ours_are_closed_to_others(tmp_path: Path, holds: tuple[str, ...]) -> None:
    folder = tmp_path / "data"
    for each in ("", *holds):
        (folder / each).mkdir(parents=True)
    folder.chmod(0o755)
    open_folder(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_full_disk_is_one_line(tmp_path: Path) -> None:
    result = insitu("dataset", "list", "--data-dir", str(tmp_path), INSITU_FREE_MEGABYTES="999999999")
    assert result.returncode == Exit.UNAVAILABLE
    assert "free" in one_line(result)


def test_a_database_that_does_not_answer_is_one_line(tmp_path: Path) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"postgresql://insitu:hidden@127.0.0.1:{nobody.getsockname()[1]}/insitu"
        result = insitu("dataset", "list", "--data-dir", str(tmp_path), INSITU_DATABASE_URL=url)
    assert result.returncode == Exit.UNAVAILABLE
    assert "hidden" not in one_line(result)


def test_a_misspelt_setting_is_not_taken_for_none(tmp_path: Path) -> None:
    misspelt = insitu("dataset", "list", "--data-dir", str(tmp_path), INSITU_DATABSE_URL="postgresql://x/y")
    assert misspelt.returncode == Exit.USAGE
    assert "INSITU_DATABASE_URL" in one_line(misspelt)
    assert list(tmp_path.iterdir()) == []
    refuse_misspelt({"INSITU_SERVICE_HOST": "10.0.0.1", "INSITU_PORT_8080_TCP": "tcp://x", "OTHER": ""})


def test_what_nobody_foresaw_is_one_line_and_debug_shows_where() -> None:
    program = "import sys; from insitu import house; house.open_folder = lambda *_: 1 / 0; "
    program += "from insitu.command import main; sys.exit(main(['dataset', 'list']))"
    for debug in ("", "0", "false", "1"):
        result = subprocess.run(
            [sys.executable, "-c", program], cwd=ROOT, env=os.environ | {"INSITU_DEBUG": debug},
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert result.returncode == Exit.FAILED
        assert ("Traceback" in result.stderr) is (debug == "1")
        assert "ZeroDivisionError" in result.stderr


def test_a_dataset_is_added_shown_changed_and_removed(data_dir: Path, fresh_database_url: str) -> None:
    def dataset(*arguments: str) -> subprocess.CompletedProcess[str]:
        return insitu(
            "dataset", *arguments, "--data-dir", str(data_dir), INSITU_DATABASE_URL=fresh_database_url
        )

    added = dataset("add", "one", "--assembly", "hg38", "--anonymous", "count", "--json")
    assert added.returncode == Exit.OK, added.stderr
    assert json.loads(added.stdout)["anonymous"] == "count"

    again = dataset("add", "one", "--assembly", "GRCh38")
    assert again.returncode == Exit.REFUSED
    assert "one" in one_line(again)

    changed = dataset("set", "one", "--anonymous", "none", "--name", "The one", "--json")
    assert json.loads(changed.stdout)["anonymous"] == "none"

    listed = json.loads(dataset("list", "--json").stdout)
    assert [(each["id"], each["name"], each["samples"]) for each in listed] == [("one", "The one", 0)]
    assert "one" in dataset("list").stdout

    assert dataset("remove", "one", "--yes").returncode == Exit.OK
    assert dataset("show", "one").returncode == Exit.REFUSED


def test_check_says_that_all_is_well_and_what_is_not(data_dir: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        free = insitu("check", "--json", "--data-dir", str(data_dir), INSITU_SERVING_PORT="0")
        stores = data_dir / "storage" / "stores.toml"
        stores.parent.mkdir()
        stores.write_text('[[store]]\nname = "away"\nurl = "/nothing/there"\n')
        busy = insitu(
            "check", "--json", "--data-dir", str(data_dir), INSITU_SERVING_PORT=str(taken.getsockname()[1])
        )
    assert free.returncode == Exit.OK, free.stdout
    checked = {each["check"] for each in json.loads(free.stdout)}
    assert checked == {
        "settings", "data folder", "disk", "port", "governance", "passport", "stores", "database", "broker",
    }  # fmt: skip
    stores.unlink()
    assert busy.returncode == Exit.UNAVAILABLE
    assert [each["check"] for each in json.loads(busy.stdout) if not each["ok"]] == [
        *("port", "store away")
    ]


def test_migrating_twice_changes_nothing_the_second_time(tmp_path: Path, postgres_url: str) -> None:
    with new_database(postgres_url, "test_migrating") as url:
        arguments = ("migrate", "--json", "--data-dir", str(tmp_path))
        results = [insitu(*arguments, INSITU_DATABASE_URL=url) for _ in range(2)]
    assert [each.returncode for each in results] == [Exit.OK, Exit.OK], results
    assert json.loads(results[0].stdout)["changes"]
    assert json.loads(results[1].stdout)["changes"] == []
