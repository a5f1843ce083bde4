"""Our template, transformed for the emulator.

AWS's own SAM translator turns SAM into CloudFormation, as CloudFormation would. Around it, what
the emulator lacks is bridged in the template, so that MiniStack itself needs fewer patches:

- functions and their layers become custom runtimes with a bootstrap (see `functions`);
- state machines (YAML) become inline definitions;
- nested applications become nested stacks in a bucket;
- the HTTP API's OpenAPI body, which MiniStack ignores, becomes routes, integrations and
  authorizers.
"""

import copy
import functools
import hashlib
import importlib.metadata
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from local.daemon import REGION
from local.deploy import functions, layers
from local.deploy.routes import expand_apis
from local.paths import BUILD

Upload = Callable[[bytes, str], tuple[str, str]]
RUNTIME = "provided.al2023"
KEPT_TRANSLATIONS = 20
SAM_LAYER = "AWS::Serverless::LayerVersion"


@dataclass(frozen=True)
class Source:
    """A template file: where it lies, what it says, and its layers' folders by their names."""

    path: Path
    document: dict[str, Any]
    layers: dict[str, list[Path]]

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
    return set(_parsed(path.read_text()).get("Parameters", {}))


@functools.lru_cache(maxsize=8)
def _parsed(text: str) -> dict[str, Any]:
    from samtranslator.yaml_helper import yaml_parse

    return dict(yaml_parse(text))


def _source(path: Path, passed_layers: dict[str, list[Path]]) -> Source:
    document = copy.deepcopy(_parsed(path.read_text()))
    source = Source(path, document, dict(passed_layers))
    for name, layer in source.resources(SAM_LAYER).items():
        source.layers[name] = layers.folders(path.parent / layer["Properties"]["ContentUri"])
        del document["Resources"][name]
    return source


def _translate(source: Source, parameters: dict[str, str], upload: Upload) -> dict[str, Any]:
    shared = source.document.get("Globals", {}).get("Function", {})
    given = shared.pop("Layers", [])
    runtime = shared.get("Runtime", "python3.12")
    found = source.resources("AWS::Serverless::Function")
    packed = {
        name: _as_custom_runtime(function["Properties"], shared, given, runtime, source, upload)
        for name, function in found.items()
    }
    if "Runtime" in shared:
        shared["Runtime"] = RUNTIME
    for machine in source.resources("AWS::Serverless::StateMachine").values():
        properties = machine["Properties"]
        definition = source.path.parent / properties.pop("DefinitionUri")
        properties["Definition"] = yaml.load(definition.read_text(), yaml.CSafeLoader)
    nested = source.resources("AWS::Serverless::Application")
    for name in nested:
        del source.document["Resources"][name]
    plain = _translated(source.document, parameters)
    for name, code in packed.items():
        plain["Resources"][name]["Properties"]["Code"] = code
    for name, application in nested.items():
        plain["Resources"][name] = _as_nested_stack(application, source, upload)
    expand_apis(plain)
    return plain


def _translated(document: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
    """
    What SAM makes of a template whose parameters have these values.

    The translator takes seconds, so its answer is kept, made with a mark in each value's place:
    a stack on other ports, with another clock file, takes the same answer.
    """
    marks = {name: f"value-of-{name}-goes-here" for name in parameters}
    asked = [document, sorted(marks), importlib.metadata.version("aws-sam-translator")]
    digest = hashlib.sha256(json.dumps(asked, sort_keys=True, default=str).encode()).hexdigest()
    kept = BUILD / "translated" / f"{digest}.json"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        draft = kept.with_suffix(f".{os.getpid()}")
        draft.write_text(json.dumps(sam_to_cloudformation(document, marks)))
        draft.replace(kept)
        by_age = sorted(kept.parent.glob("*.json"), key=lambda file: file.stat().st_mtime)
        for old in by_age[:-KEPT_TRANSLATIONS]:
            old.unlink(missing_ok=True)
    values = {mark: parameters[name] for name, mark in marks.items()}
    return dict(_filled(json.loads(kept.read_text()), values))


def _filled(part: Any, values: dict[str, str]) -> Any:
    if isinstance(part, dict):
        return {_filled(key, values): _filled(value, values) for key, value in part.items()}
    if isinstance(part, list):
        return [_filled(each, values) for each in part]
    if isinstance(part, str) and "-goes-here" in part:
        return functools.reduce(lambda text, mark: text.replace(mark, values[mark]), values, part)
    return part


def sam_to_cloudformation(document: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
    """Return a SAM template as plain CloudFormation, by AWS's own translator.

    It is told no managed policies by name: our policies are our own statements. It is loaded here,
    since a kept answer does without it.
    """
    import boto3
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator
    from samtranslator.utils.py27hash_fix import (
        to_py27_compatible_template,
        undo_mark_unicode_str_in_template,
    )

    values = dict(parameters)
    to_py27_compatible_template(document, values)
    translator = Translator(None, Parser(), boto_session=boto3.session.Session(region_name=REGION))
    plain = translator.translate(document, values, get_managed_policy_map=dict)
    translator.metrics.publish()  # To nowhere; unpublished ones are complained about at exit.
    return dict(undo_mark_unicode_str_in_template(plain))


def _as_custom_runtime(
    properties: dict[str, Any],
    shared: dict[str, Any],
    given: list[dict[str, str]],
    runtime: str,
    source: Source,
    upload: Upload,
) -> dict[str, str]:
    """Make a function one of a custom runtime; return where its package is, as `Code` says it."""
    used = [*given, *properties.pop("Layers", [])]
    folders = [folder for layer in used for folder in source.layers[layer["Ref"]]]
    declared = [
        name
        for part in (shared, properties)
        for name in part.get("Environment", {}).get("Variables", {})
    ]
    runtime = properties.pop("Runtime", None) or runtime
    code = source.path.parent / properties["CodeUri"]
    bucket, key = upload(functions.package(code, folders, declared, runtime), ".zip")
    properties |= {"CodeUri": {"Bucket": bucket, "Key": "of its content"}, "Runtime": RUNTIME}
    return {"S3Bucket": bucket, "S3Key": key}


def _as_nested_stack(application: dict[str, Any], source: Source, upload: Upload) -> dict[str, Any]:
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
    stack = {
        "TemplateURL": f"https://s3.amazonaws.com/{bucket}/{key}",
        "Parameters": given | dict.fromkeys(passed, "local"),
    }
    return {**application, "Type": "AWS::CloudFormation::Stack", "Properties": stack}
