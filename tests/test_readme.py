"""The README says what the code does."""

import json
import re

from script.readme import README, renewed

TRANSLATIONS = README.parent / "custom_components/lifepo4_bank/translations/en.json"


def test_the_tables_are_those_of_the_code() -> None:
    text = README.read_text()
    assert renewed(text) == text, "run .venv/bin/python -m script.readme"


def test_every_file_that_it_names_is_there() -> None:
    text = README.read_text()
    links = re.findall(r"\]\(([^):]+)\)", text) + re.findall(r"`(script/[a-z]+)", text)
    assert links
    assert [link for link in links if not is_there(link)] == []


def is_there(link: str) -> bool:
    """Whether a file exists, with the heading that a link goes to."""
    name, _, heading = link.partition("#")
    file = README.parent / name if name else README
    if not heading:
        return file.exists()
    titles = re.findall(r"(?m)^#+ (.+)$", file.read_text())
    return heading in {
        re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-") for title in titles
    }


def test_every_field_of_setting_up_is_explained() -> None:
    text = README.read_text()
    told = {
        name.strip() for row in re.findall(r"(?m)^\| ([^|]+) \|", text) for name in row.split(",")
    }
    steps = json.loads(TRANSLATIONS.read_text())["config"]["step"]
    fields = {label for step in ("entities", "bank") for label in steps[step]["data"].values()}
    assert len(fields) > 10
    assert fields - told == set()
