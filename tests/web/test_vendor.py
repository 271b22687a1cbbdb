"""Files that others made are listed, licensed and unchanged."""

import hashlib
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = [ROOT / "aidnet" / "static" / "vendor", ROOT / "tests" / "browser" / "vendor"]


def listed(folder: Path) -> list[dict[str, str]]:
    files: list[dict[str, str]] = tomllib.loads((folder / "manifest.toml").read_text())["file"]
    return files


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: str(folder.relative_to(ROOT)))
def test_every_vendored_file_has_the_hash_its_manifest_says(folder: Path) -> None:
    for entry in listed(folder):
        found = hashlib.sha256((folder / entry["file"]).read_bytes()).hexdigest()
        assert found == entry["sha256"], entry["file"]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: str(folder.relative_to(ROOT)))
def test_every_vendored_file_has_a_name_a_version_and_its_licence_text(folder: Path) -> None:
    for entry in listed(folder):
        assert all(entry[key] for key in ("name", "version", "source", "licence"))
        assert len((folder / entry["licence_file"]).read_text()) > 500


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: str(folder.relative_to(ROOT)))
def test_no_file_stands_in_a_vendor_folder_unlisted(folder: Path) -> None:
    known = {entry["file"] for entry in listed(folder)}
    licences = {path.name for path in folder.rglob("*.txt")}
    found = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert {path for path in found if Path(path).name not in licences} - {"manifest.toml"} == known
