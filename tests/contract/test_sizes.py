"""Every function fits Lambda with its layers, as they are built for Lambda."""

from functools import cache
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

from local.deploy.layers import requirements_of, source_of
from local.paths import ROOT

LIMIT_BYTES = 250 * 1024 * 1024  # Lambda quotas: a function and its layers, unzipped.
SOLVER_LIMIT_BYTES = 140 * 1024 * 1024
TEMPLATES = [path for path in (ROOT / "template.yaml", ROOT / "iot/template.yaml") if path.exists()]


@cache
def parsed(template: Path) -> dict[str, Any]:
    """A template, parsed once: it takes a second."""
    return dict(yaml_parse(template.read_text()))


@cache
def functions() -> dict[str, tuple[Path, list[str]]]:
    """Each function of our templates: its folder, and the names of its layers."""
    found = {}
    for template in TEMPLATES:
        document = parsed(template)
        shared = document.get("Globals", {}).get("Function", {}).get("Layers", [])
        for name, resource in document["Resources"].items():
            if resource["Type"] == "AWS::Serverless::Function":
                properties = resource["Properties"]
                used = [layer["Ref"] for layer in [*shared, *properties.get("Layers", [])]]
                found[name] = (template.parent / properties["CodeUri"], used)
    return found


def layer_folders() -> dict[str, Path]:
    """The source folder of each layer of our template."""
    resources: dict[str, Any] = parsed(ROOT / "template.yaml")["Resources"]
    return {
        name: ROOT / resource["Properties"]["ContentUri"]
        for name, resource in resources.items()
        if resource["Type"] == "AWS::Serverless::LayerVersion"
    }


@cache
def layer_bytes(name: str) -> int:
    """The unzipped size of a layer, its requirements built for Lambda."""
    folder = layer_folders().get(name) or layer_folders()[f"{name}Layer"]
    size = 0
    if (folder / "requirements.txt").exists():
        size += folder_bytes(requirements_of(folder, for_lambda=True))
    if (folder / "python").exists() or any(folder.glob("*/__init__.py")):
        size += folder_bytes(source_of(folder))
    return size


def folder_bytes(folder: Path) -> int:
    """The bytes of the files below a folder."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def test_a_function_with_its_layers_fits_lambda() -> None:
    for name, (folder, layers) in functions().items():
        own = folder_bytes(folder)
        assert own > 0, f"{folder} is empty"
        whole = own + sum(layer_bytes(layer) for layer in layers)
        assert whole < LIMIT_BYTES, f"{name}: {whole} bytes"


def test_the_solvers_layer_leaves_room() -> None:
    assert 50 * 1024 * 1024 < layer_bytes("SolverLayer") < SOLVER_LIMIT_BYTES


def test_layers_are_built_for_lambdas_processor_and_python() -> None:
    for name in ("DepsLayer", "SolverLayer"):
        built = requirements_of(layer_folders()[name], for_lambda=True)
        compiled = [file.name for file in built.rglob("*.so")]
        ours = [file for file in compiled if ".cpython-" in file]
        assert ours
        assert all("cpython-312-x86_64" in file for file in ours), name


def test_the_sdk_is_lambdas_own() -> None:
    built = requirements_of(layer_folders()["DepsLayer"], for_lambda=True)
    assert not {"boto3", "botocore", "urllib3"} & {entry.name for entry in built.iterdir()}
