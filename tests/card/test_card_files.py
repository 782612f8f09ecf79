"""The files of the card: small, themed, and with all of their texts."""

import re

from tests.card.given import FOLDER, texts


def test_every_text_of_the_card_exists_and_every_one_is_used() -> None:
    source = "".join(file.read_text() for file in sorted((FOLDER / "frontend").glob("*.js")))
    known = {key.rpartition("card_")[2] for key in texts() if ".card_" in key}
    said = set(re.findall(r'say\((?:now\.)?hass, "(\w+)"', source))
    quoted = set(re.findall(r'"(\w+)"', source))
    patterns = tuple(re.findall(r"say\((?:now\.)?hass, `(\w+_)\$", source))
    assert said <= known
    unused = {key for key in known - said - quoted if not key.startswith(patterns)}
    assert unused == set()


def test_the_card_is_small_and_takes_its_colours_from_the_theme() -> None:
    files = {file.name: file.read_text() for file in (FOLDER / "frontend").glob("*.js")}
    assert sum(len(text) for text in files.values()) <= 30_000
    assert sum(text.count("\n") for text in files.values()) <= 700
    assert (
        max(
            len(line)
            for name, text in files.items()
            for line in text.splitlines()
            if name != "styles.js"
        )
        <= 110
    )
    for name, text in files.items():
        assert not re.search(r"#[0-9a-fA-F]{3,8}\b|rgba?\(|hsla?\(", text), name
        assert "innerHTML" not in text, name
        assert not re.search(
            r"https?://(?!github\.com/lifepo4-bank|www\.w3\.org/2000/svg\")", text
        ), name
