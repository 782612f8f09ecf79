"""The README says what the code does."""

import re

from script.readme import README, renewed


def test_the_tables_are_those_of_the_code() -> None:
    text = README.read_text()
    assert renewed(text) == text, "run .venv/bin/python -m script.readme"


def test_every_file_that_it_names_is_there() -> None:
    text = README.read_text()
    links = re.findall(r"\]\(([^):]+)\)", text) + re.findall(r"`(script/[a-z]+)", text)
    assert links
    assert [link for link in links if not (README.parent / link).exists()] == []
