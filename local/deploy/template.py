"""Our template, transformed for the emulator.

AWS's own SAM translator turns SAM into CloudFormation, as CloudFormation would. Around it, what
the emulator lacks is bridged in the template, so that MiniStack itself needs fewer patches:

- functions and their layers become custom runtimes with a bootstrap (see `functions`);
- state machines (YAML) become inline definitions;
- nested applications become nested stacks in a bucket;
- the HTTP API's OpenAPI body, which MiniStack ignores, becomes routes, integrations and
  authorizers.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import yaml
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.utils.py27hash_fix import (
    to_py27_compatible_template,
    undo_mark_unicode_str_in_template,
)
from samtranslator.yaml_helper import yaml_parse

from local.daemon import REGION
from local.deploy import functions, layers
from local.deploy.routes import expand_apis

Upload = Callable[[bytes, str], tuple[str, str]]
RUNTIME = "provided.al2023"
SAM_LAYER = "AWS::Serverless::LayerVersion"


@dataclass(frozen=True)
class Source:
    """A template file: where it lies, what it says, and its layers by the name it uses."""

    path: Path
    document: dict[str, Any]
    layers: dict[str, Path]

    def resources(self, kind: str) -> dict[str, dict[str, Any]]:
        """Return the resources of a type by logical id."""
        found = self.document.get("Resources", {}).items()
        return {name: resource for name, resource in found if resource["Type"] == kind}


def for_emulator(path: Path, parameters: dict[str, str], upload: Upload) -> dict[str, Any]:
    """Return the template at `path` as plain CloudFormation for the emulator.

    `upload` stores bytes under a suffix and returns (bucket, key). `parameters` are those that
    the template declares.
    """
    return _translate(_source(path, {}), parameters, upload)


def declared_parameters(path: Path) -> set[str]:
    """Return the names of the parameters of the template at `path`."""
    return set(yaml_parse(path.read_text()).get("Parameters", {}))


def _source(path: Path, passed_layers: dict[str, Path]) -> Source:
    document = yaml_parse(path.read_text())
    source = Source(path, document, dict(passed_layers))
    for name, layer in source.resources(SAM_LAYER).items():
        source.layers[name] = path.parent / layer["Properties"]["ContentUri"]
        del document["Resources"][name]
    return source


def _translate(source: Source, parameters: dict[str, str], upload: Upload) -> dict[str, Any]:
    shared = source.document.get("Globals", {}).get("Function", {})
    for function in source.resources("AWS::Serverless::Function").values():
        _as_custom_runtime(function["Properties"], shared, source, upload)
    shared.pop("Layers", None)
    if "Runtime" in shared:
        shared["Runtime"] = RUNTIME
    for machine in source.resources("AWS::Serverless::StateMachine").values():
        properties = machine["Properties"]
        definition = source.path.parent / properties.pop("DefinitionUri")
        properties["Definition"] = yaml.safe_load(definition.read_text())
    for application in source.resources("AWS::Serverless::Application").values():
        _as_nested_stack(application, source, upload)
    plain = sam_to_cloudformation(source.document, parameters)
    expand_apis(plain)
    return plain


def sam_to_cloudformation(document: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
    """Return a SAM template as plain CloudFormation, by AWS's own translator.

    It is told no managed policies by name: our policies are our own statements.
    """
    values = dict(parameters)
    to_py27_compatible_template(document, values)
    translator = Translator(None, Parser(), boto_session=boto3.session.Session(region_name=REGION))
    plain = translator.translate(document, values, get_managed_policy_map=dict)
    translator.metrics.publish()  # To nowhere; unpublished ones are complained about at exit.
    return dict(undo_mark_unicode_str_in_template(plain))


def _as_custom_runtime(
    properties: dict[str, Any], shared: dict[str, Any], source: Source, upload: Upload
) -> None:
    used = [*shared.get("Layers", []), *properties.pop("Layers", [])]
    folders = [folder for layer in used for folder in layers.folders(source.layers[layer["Ref"]])]
    declared = [
        name
        for part in (shared, properties)
        for name in part.get("Environment", {}).get("Variables", {})
    ]
    runtime = properties.pop("Runtime", None) or shared.get("Runtime", "python3.12")
    code = source.path.parent / properties["CodeUri"]
    bucket, key = upload(functions.package(code, folders, declared, runtime), ".zip")
    properties["CodeUri"] = {"Bucket": bucket, "Key": key}
    properties["Runtime"] = RUNTIME


def _as_nested_stack(application: dict[str, Any], source: Source, upload: Upload) -> None:
    properties = application["Properties"]
    given = dict(properties.get("Parameters", {}))
    passed = {
        name: source.layers[value["Ref"]]
        for name, value in given.items()
        if isinstance(value, dict) and value.get("Ref") in source.layers
    }
    nested = _source(source.path.parent / properties["Location"], passed)
    # The translator needs to know only plain values; references stay for the emulator.
    plain = {name: value for name, value in given.items() if isinstance(value, str)}
    document = _translate(nested, plain, upload)
    bucket, key = upload(json.dumps(document, default=str).encode(), ".json")
    application["Type"] = "AWS::CloudFormation::Stack"
    application["Properties"] = {
        "TemplateURL": f"https://s3.amazonaws.com/{bucket}/{key}",
        "Parameters": given | dict.fromkeys(passed, "local"),
    }
