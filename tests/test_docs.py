"""The reference pages leave nothing out, and the links in the docs lead somewhere."""

import re
from pathlib import Path

import pytest

from insitu import known, reference

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("name", ["settings.md", "commands.md", "operations.md"])
def test_a_reference_page_is_what_the_code_says(name: str) -> None:
    written = (ROOT / "docs" / name).read_text(encoding="utf-8")
    assert written == reference.pages()[name], f"docs/{name} is out of date: run `make reference`"


def test_every_setting_says_what_it_does() -> None:
    silent = [
        f"{each.__name__}.{name}"
        for each in known.settings_classes()
        for name, field in each.model_fields.items()
        if not field.description
    ]
    assert silent == []


def test_every_room_s_settings_have_a_prefix_of_their_own() -> None:
    prefixes = [str(each.model_config["env_prefix"]) for each in known.settings_classes()]
    assert all(each.startswith("INSITU_") for each in prefixes)
    assert len(prefixes) == len(set(prefixes)) > 3


def test_every_command_and_option_explains_itself() -> None:
    silent = []
    for path, command in reference.walk(reference.cli, "insitu"):
        silent += [path] if not command.help else []
        silent += [
            f"{path} {each.name}"
            for each in command.params
            if each.param_type_name == "option" and not getattr(each, "help", None)
        ]
    assert silent == []


@pytest.mark.parametrize("page", PAGES, ids=lambda each: str(each.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text(encoding="utf-8"))
    assert [each for each in targets if not (page.parent / each).exists()] == []


def test_the_readme_s_make_targets_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"make ([a-z-]+)", (ROOT / "README.md").read_text(encoding="utf-8")))
    assert {"demo", "test"} <= named <= targets


@pytest.mark.parametrize("page", ["compliance.md", "conformance/aai.md"])
def test_every_test_that_a_page_on_conformance_names_exists(page: str) -> None:
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "docs" / page).read_text(encoding="utf-8")))
    written = {
        name
        for file in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"def (test_\w+)", file.read_text(encoding="utf-8"))
    }
    assert len(named) > 40
    assert named <= written, named - written


def test_the_page_on_aai_counts_the_attacks_there_are() -> None:
    from tests.passport_broker.attacks.test_attacks import ATTACKS

    page = (ROOT / "docs/conformance/aai.md").read_text(encoding="utf-8")
    assert f"{len(ATTACKS)} in all" in page
    statuses = re.findall(r"^\|(?! requirement| reference|--)[^|]+\| (\w+) \|", page, re.MULTILINE)
    assert len(statuses) > 50
    assert set(statuses) == {"yes", "part", "no"}
