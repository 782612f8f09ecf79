"""What hassfest and HACS check, as far as it can be checked offline, and a little more."""

import ast
from collections.abc import Iterator, Mapping
from functools import cache
import json
from pathlib import Path
import re
from typing import Any

from awesomeversion import AwesomeVersion, AwesomeVersionStrategy
from homeassistant.helpers import selector
from homeassistant.util.yaml import parse_yaml
import pytest

from custom_components.lifepo4_bank import CONFIG_SCHEMA
from custom_components.lifepo4_bank.ble import protections
from custom_components.lifepo4_bank.const import DOMAIN

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "custom_components" / DOMAIN
PLACEHOLDER = re.compile(r"\{(\w+)\}")

type Texts = dict[str, Any]


@cache
def texts() -> Texts:
    found: Texts = json.loads((FOLDER / "translations" / "en.json").read_text())
    return found


@cache
def icons() -> Texts:
    found: Texts = json.loads((FOLDER / "icons.json").read_text())
    return found


def leaves(tree: Texts, path: str = "") -> Iterator[tuple[str, str]]:
    """All strings of a tree, with the path to each."""
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{path}.{key}")
        else:
            yield f"{path}.{key}", value


def yaml(name: str) -> dict[str, Any]:
    """A file of Home Assistant's folder; empty if the integration has none."""
    file = FOLDER / name
    if not file.exists():
        return {}
    parsed = parse_yaml(file.read_text())
    assert isinstance(parsed, dict)
    return {key: value or {} for key, value in parsed.items() if not key.startswith(".")}


def calls(files: str = "*.py") -> Iterator[tuple[str, str, dict[str, ast.expr]]]:
    """File, function and keyword arguments of every call in the glue."""
    for file in sorted(FOLDER.glob(files)):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
                name = node.func.id if isinstance(node.func, ast.Name) else name
                keywords = {word.arg: word.value for word in node.keywords if word.arg}
                yield file.name, name, keywords


def constant(node: ast.expr | None) -> str | None:
    value = node.value if isinstance(node, ast.Constant) else None
    return value if isinstance(value, str) else None


def raised() -> list[tuple[str, str, set[str] | None]]:
    """File, key and placeholders of every translated exception whose key is plain text."""
    found = []
    for file, name, keywords in calls():
        key = constant(keywords.get("translation_key"))
        if key is None or "translation_domain" not in keywords or name == "async_create_issue":
            continue
        given = keywords.get("translation_placeholders")
        names: set[str] | None = set()
        if isinstance(given, ast.Dict):
            names = {text for word in given.keys if (text := constant(word)) is not None}
        elif given is not None:
            names = None
        found.append((file, key, names))
    return found


def test_manifest() -> None:
    manifest = json.loads((FOLDER / "manifest.json").read_text())
    keys = list(manifest)
    assert keys[:2] == ["domain", "name"]
    assert keys[2:] == sorted(keys[2:])
    assert manifest["domain"] == DOMAIN == FOLDER.name
    for key in ("codeowners", "documentation", "issue_tracker", "version"):
        assert manifest[key], key
    assert all(owner.startswith("@") for owner in manifest["codeowners"])
    for key in ("documentation", "issue_tracker"):
        assert manifest[key].startswith("https://")
    version = AwesomeVersion(manifest["version"])
    assert version.strategy in (AwesomeVersionStrategy.SEMVER, AwesomeVersionStrategy.CALVER)
    assert manifest["integration_type"] in ("device", "hub", "service")
    assert manifest["iot_class"] == "local_polling"
    assert manifest["config_flow"] is True
    assert "quality_scale" not in manifest
    assert all("==" in requirement for requirement in manifest["requirements"])
    project = (ROOT / "pyproject.toml").read_text()
    assert all(f'"{requirement}"' in project for requirement in manifest["requirements"])


def test_bluetooth_matchers() -> None:
    allowed = {
        *("connectable", "service_uuid", "service_data_uuid", "local_name"),
        *("manufacturer_id", "manufacturer_data_start"),
    }
    matchers = json.loads((FOLDER / "manifest.json").read_text())["bluetooth"]
    assert matchers
    for matcher in matchers:
        assert matcher.keys() <= allowed
        assert matcher.keys() - {"connectable"}
        if name := matcher.get("local_name"):
            assert len(re.split(r"[*?\[]", name)[0]) >= 3, name


def test_yaml_configuration_is_refused() -> None:
    assert callable(CONFIG_SCHEMA)


def test_top_level_keys_of_the_texts() -> None:
    known = {
        *("title", "config", "options", "entity", "device", "exceptions", "issues", "services"),
        *("triggers", "conditions", "selector", "common", "system_health"),
    }
    assert texts().keys() <= known


def test_texts_are_clean() -> None:
    for path, text in leaves(texts()):
        assert isinstance(text, str), path
        assert text, path
        assert text == text.strip(), path
        assert not re.search(r"<[a-zA-Z/][^>]*>", text), f"{path}: no HTML"
        assert not re.search(r"https?://", text), f"{path}: addresses belong into placeholders"
        assert "[%key" not in text, f"{path}: references are not resolved for us"
        assert not re.search(r"'\{\w+\}'", text), f"{path}: quotes hide a placeholder"
        assert PLACEHOLDER.sub("", text).count("{") == 0, path


@pytest.mark.parametrize("flow", ["config", "options"])
def test_every_field_of_every_step_is_explained(flow: str) -> None:
    for name, step in texts()[flow]["step"].items():
        assert step["title"], name
        assert step.get("data", {}).keys() == step.get("data_description", {}).keys(), name
        menu = step.get("menu_options", {})
        assert menu.keys() == step.get("menu_option_descriptions", menu).keys(), name


def test_every_step_has_texts_and_every_text_a_step() -> None:
    found: dict[str, set[str]] = {"config": set(), "options": set()}
    for file in sorted(FOLDER.glob("*_flow.py")):
        flow = "options" if file.name == "options_flow.py" else "config"
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.AsyncFunctionDef) and node.name.startswith("async_step_"):
                found[flow].add(node.name.removeprefix("async_step_"))
    passed_through = {"bluetooth", "integration_discovery", "reauth", "reconfigure", "init"}
    for flow, steps in found.items():
        assert steps - passed_through == set(texts()[flow]["step"]), flow


def test_every_reason_to_abort_has_a_text() -> None:
    reasons = {
        reason
        for _, name, keywords in calls("*_flow.py")
        if name == "async_abort" and (reason := constant(keywords.get("reason")))
    }
    assert reasons | {"already_configured"} == set(texts()["config"]["abort"])


def test_exceptions_have_texts() -> None:
    assert raised()
    for file, key, given in raised():
        message = texts()["exceptions"][key]["message"]
        if given is not None:
            assert set(PLACEHOLDER.findall(message)) <= given, f"{file}: {key}"


def test_icons() -> None:
    for path, icon in leaves(icons()):
        assert re.fullmatch(r"mdi:[a-z0-9-]+", icon), path
    for platform, entities in icons()["entity"].items():
        assert entities.keys() <= texts()["entity"][platform].keys()
        for key, icon in entities.items():
            for state in icon.get("state", {}).values():
                assert state != icon["default"], f"{platform}.{key}"


def field_selectors(fields: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, field in fields.items():
        if "fields" in field:
            yield from field_selectors(field["fields"])
        else:
            yield name, field


@pytest.mark.parametrize("kind", ["services", "triggers", "conditions"])
def test_actions_triggers_and_conditions_have_texts_icons_and_selectors(kind: str) -> None:
    described = yaml(f"{kind}.yaml")
    assert described.keys() == texts().get(kind, {}).keys()
    assert described.keys() == icons().get(kind, {}).keys()
    for name, description in described.items():
        words = texts()[kind][name]
        assert words["name"]
        assert words["description"]
        assert icons()[kind][name][kind.removesuffix("s")]
        fields = dict(field_selectors(description.get("fields", {})))
        assert fields.keys() == words.get("fields", {}).keys(), name
        for field, options in fields.items():
            assert words["fields"][field]["name"]
            assert words["fields"][field]["description"]
            selector.validate_selector(options["selector"])
        if "target" in description:
            selector.validate_selector({"target": description["target"]})


def test_issues_are_either_described_or_fixable() -> None:
    for key, issue in texts().get("issues", {}).items():
        assert issue["title"], key
        assert ("description" in issue) != ("fix_flow" in issue), key
        for step in issue.get("fix_flow", {}).get("step", {}).values():
            assert step.get("title"), key


def test_issues_that_are_raised_by_name_have_texts() -> None:
    keys = {
        key
        for _, name, keywords in calls()
        if name == "async_create_issue" and (key := constant(keywords.get("translation_key")))
    }
    assert keys <= texts().get("issues", {}).keys()


def test_brand_pictures_and_hacs_file() -> None:
    assert (FOLDER / "brand" / "icon.png").read_bytes().startswith(b"\x89PNG")
    hacs = json.loads((ROOT / "hacs.json").read_text())
    allowed = {
        *("content_in_root", "country", "filename", "hacs", "hide_default_branch"),
        *("homeassistant", "name", "persistent_directory", "render_readme", "zip_release"),
    }
    assert hacs["name"]
    assert hacs.keys() <= allowed


def test_no_file_has_outgrown_its_reader() -> None:
    for file in sorted(FOLDER.glob("*.py")):
        lines = file.read_text().count("\n")
        limit = 25 if file.name == "const.py" else 360
        assert lines < limit, f"{file.name}: {lines} lines"


def test_quality_scale_is_complete_and_gives_its_reasons() -> None:
    rules = yaml("quality_scale.yaml")["rules"]
    assert len(rules) == 54
    for name, rule in rules.items():
        if isinstance(rule, str):
            assert rule in ("done", "todo"), name
        else:
            assert rule["status"] in ("done", "todo", "exempt"), name
            assert rule["comment"], name


def test_every_protection_has_a_name_for_people() -> None:
    tables = [value for value in vars(protections).values() if isinstance(value, Mapping)]
    flags = {
        name
        for table in tables
        for bit, name in table.items()
        if isinstance(bit, int) and isinstance(name, str)
    }
    assert len(flags) > 20
    problem = texts()["entity"]["binary_sensor"]["problem"]
    assert flags | {protections.OTHER} == set(problem["state_attributes"]["protections"]["state"])
