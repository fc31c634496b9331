"""`docker-compose.yml` and the Dockerfile say what the settings read and what `make run` starts."""

import ast
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from eid_portal.env import ROOT
from eid_portal.run import programs
from eid_portal.run.stores import APP, DATABASE, OWNER

COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
PROGRAMS = {
    program.name: program
    for program in (
        programs.web(port=8000, host="0.0.0.0"),  # noqa: S104
        programs.sandbox(port=8001, host="0.0.0.0"),  # noqa: S104
        *programs.background(),
    )
}
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
NOT_OURS = {"DJANGO_SETTINGS_MODULE", *programs.ONE_ARENA, *programs.KEEP_BLOCKS}


def read_by_the_settings() -> set[str]:
    """The names that `env.text("NAME")` and its like are called with."""
    files = [*(ROOT / "eid_portal/settings").glob("*.py"), ROOT / "eid_portal/sandbox/settings.py"]
    names = {"EID_VAR"}  # env.var()
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and ast.unparse(node.func.value) == "env"
                and node.args
            ):
                names.add(ast.literal_eval(node.args[0]))
    return names


def test_everything_that_make_run_starts_is_a_service() -> None:
    assert PROGRAMS.keys() <= SERVICES.keys()
    assert {"postgres", "valkey", "migrate"} <= SERVICES.keys()
    assert OURS.keys() == PROGRAMS.keys() | {"migrate", "seed"}
    assert {name for name, s in SERVICES.items() if "demo" in s.get("profiles", [])} == {
        "sandbox",
        "seed",
    }


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_service_is_started_as_make_run_starts_it(name: str) -> None:
    command = SERVICES[name]["command"]
    if command[0] == "sh":
        command = command[2].partition("exec ")[2].split()
    assert command == ["python", *PROGRAMS[name].python]


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_service_has_the_memory_settings_of_make_run(name: str) -> None:
    environment = SERVICES[name]["environment"]
    assert PROGRAMS[name].env.items() <= environment.items()
    assert not set(PROGRAMS[name].without) & environment.keys()


@pytest.mark.parametrize("name", OURS)
def test_the_settings_read_every_variable_a_service_is_given(name: str) -> None:
    known = read_by_the_settings()
    for variable in SERVICES[name]["environment"].keys() - NOT_OURS:
        assert variable in known or variable.removesuffix("_FILE") in known


@pytest.mark.parametrize("name", [name for name in OURS if name != "sandbox"])
def test_a_service_is_given_its_stores(name: str) -> None:
    environment = SERVICES[name]["environment"]
    role = "database_owner_url" if name == "migrate" else "database_url"
    assert environment["DATABASE_URL_FILE"] == f"/run/secrets/{role}"
    assert SERVICES[name]["secrets"] == [role]
    assert environment["REDIS_URL"].startswith("redis://valkey:")


def test_no_secret_stands_in_the_file_and_each_one_is_declared() -> None:
    for service in SERVICES.values():
        assert set(service.get("secrets", [])) <= COMPOSE["secrets"].keys()
        for variable, value in service.get("environment", {}).items():
            if "PASSWORD" in variable or variable.startswith("DATABASE"):
                assert str(value).removeprefix("/run/secrets/") in service["secrets"]
    assert "deploy/secrets" in (ROOT / ".dockerignore").read_text(encoding="utf-8")
    assert "deploy/secrets/" in (ROOT / ".gitignore").read_text(encoding="utf-8")


def test_every_secret_is_made_once_and_kept(tmp_path: Path) -> None:
    program = tmp_path / "deploy" / "make-secrets"
    program.parent.mkdir()
    shutil.copy(ROOT / "deploy" / "make-secrets", program)
    subprocess.run([program], check=True, capture_output=True)
    files = [tmp_path / secret["file"] for secret in COMPOSE["secrets"].values()]
    made = [file.read_text(encoding="utf-8") for file in files]
    assert all(made)
    subprocess.run([program], check=True, capture_output=True)
    assert made == [file.read_text(encoding="utf-8") for file in files]


def test_what_services_wait_for_and_keep_exists() -> None:
    for name, service in SERVICES.items():
        for awaited, how in service.get("depends_on", {}).items():
            assert awaited in SERVICES
            if how["condition"] == "service_healthy":
                assert "test" in SERVICES[awaited]["healthcheck"]
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source in COMPOSE["volumes"] or (ROOT / source).exists()
        assert "healthcheck" in service or service["restart"] == "no", name


def test_the_stores_are_of_the_promised_kind_and_have_both_roles() -> None:
    assert SERVICES["postgres"]["image"] == "postgres:18"
    assert SERVICES["valkey"]["image"] == "valkey/valkey:8"
    roles = (ROOT / "deploy/postgres-roles.sh").read_text(encoding="utf-8")
    for words in (
        f"CREATE ROLE {OWNER} LOGIN",
        f"CREATE ROLE {APP} LOGIN",
        f"DATABASE {DATABASE} ",
    ):
        assert words in roles


def test_the_image_is_locked_and_does_not_run_as_root() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert "--require-hashes" in dockerfile
    assert re.findall(r"requirements/(\S+)", dockerfile) == ["portal.lock"]
    last_stage = dockerfile.rpartition("\nFROM ")[2]
    assert re.findall(r"^USER (\S+)", last_stage, re.MULTILINE) == ["portal"]
    set_here = set(re.findall(r"\b((?:EID|DATABASE|REDIS)_\w+)=", dockerfile))
    assert set_here <= read_by_the_settings()


def test_the_settings_read_no_variable_by_another_way() -> None:
    for file in [*ROOT.glob("eid_portal/settings/*.py"), *ROOT.glob("eid_portal/core/**/*.py")]:
        assert "os.environ" not in Path(file).read_text(encoding="utf-8"), file
