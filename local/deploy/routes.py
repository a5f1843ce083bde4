"""An HTTP API's OpenAPI body as CloudFormation resources.

SAM gives an HTTP API's routes as an OpenAPI body; MiniStack deploys such an API without a single
route. The same routes, integrations and authorizers as resources of their own it deploys well. They
count towards CloudFormation's 500 resources, which the body does not: so functions have one
integration each, and the API's permissions to call them, which MiniStack never asks for, are left
out.
"""

import json
from typing import Any

METHODS = {"get", "put", "post", "delete", "options", "head", "patch"}
GATEWAY = "apigateway.amazonaws.com"
Resources = dict[str, dict[str, Any]]


def expand_apis(template: dict[str, Any]) -> None:
    """Replace the `Body` of each HTTP API of a plain template by resources, in place."""
    resources: Resources = template["Resources"]
    for name, api in list(resources.items()):
        if api["Type"] == "AWS::ApiGatewayV2::Api" and "Body" in api["Properties"]:
            body = api["Properties"].pop("Body")
            api["Properties"].update(Name=name, ProtocolType="HTTP")
            cors = body.get("x-amazon-apigateway-cors")
            if cors:
                api["Properties"]["CorsConfiguration"] = _capitals(cors)
            resources.update(_authorizers(name, body))
            resources.update(_routes(name, body))
            _drop_permissions(resources)


def _drop_permissions(resources: Resources) -> None:
    """Forget that API Gateway may call functions: one resource for each route."""
    for name, resource in list(resources.items()):
        principal = resource.get("Properties", {}).get("Principal")
        if resource["Type"] == "AWS::Lambda::Permission" and principal == GATEWAY:
            del resources[name]


def _authorizers(api: str, body: dict[str, Any]) -> Resources:
    found: Resources = {}
    for name, scheme in _schemes(body).items():
        jwt = scheme["jwtConfiguration"]
        source = scheme.get("identitySource", "$request.header.Authorization")
        found[f"{api}Authorizer{name}"] = _resource(
            "Authorizer",
            ApiId={"Ref": api},
            Name=name,
            AuthorizerType="JWT",
            IdentitySource=source if isinstance(source, list) else [source],
            JwtConfiguration={"Issuer": jwt["issuer"], "Audience": jwt["audience"]},
        )
    return found


def _schemes(body: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the JWT authorizers by name; raise ValueError for a kind this stack cannot do."""
    schemes = body.get("components", {}).get("securitySchemes", {})
    found = {name: scheme["x-amazon-apigateway-authorizer"] for name, scheme in schemes.items()}
    for name, scheme in found.items():
        if scheme.get("type") != "jwt":
            raise ValueError(f"authorizer {name} is not a JWT authorizer")
    return found


def _routes(api: str, body: dict[str, Any]) -> Resources:
    found: Resources = {}
    integrations: dict[str, str] = {}
    for path, operations in body.get("paths", {}).items():
        for method, operation in operations.items():
            verb = "ANY" if method == "x-amazon-apigateway-any-method" else method.upper()
            if verb == "ANY" or method in METHODS:
                made = _integration(api, operation)
                same = json.dumps(made, sort_keys=True)
                integration = integrations.setdefault(same, f"{api}Integration{len(integrations)}")
                found[integration] = made
                route = f"{api}Route{len(found) - len(integrations)}"
                found[route] = _route(api, f"{verb} {path}", integration, operation, body)
    return found


def _integration(api: str, operation: dict[str, Any]) -> dict[str, Any]:
    given = operation["x-amazon-apigateway-integration"]
    return _resource(
        "Integration",
        ApiId={"Ref": api},
        IntegrationType=given["type"].upper(),
        IntegrationUri=given["uri"],
        IntegrationMethod=given.get("httpMethod", "POST"),
        PayloadFormatVersion=given.get("payloadFormatVersion", "2.0"),
    )


def _route(
    api: str, key: str, integration: str, operation: dict[str, Any], body: dict[str, Any]
) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "ApiId": {"Ref": api},
        "RouteKey": "$default" if key.endswith(" /$default") else key,
        "Target": {"Fn::Join": ["/", ["integrations", {"Ref": integration}]]},
    }
    for requirement in operation.get("security", body.get("security", [])):
        for name, scopes in requirement.items():
            if name in _schemes(body):
                properties.update(
                    AuthorizationType="JWT",
                    AuthorizerId={"Ref": f"{api}Authorizer{name}"},
                    AuthorizationScopes=scopes,
                )
    return _resource("Route", **properties)


def _resource(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": f"AWS::ApiGatewayV2::{kind}", "Properties": properties}


def _capitals(cors: dict[str, Any]) -> dict[str, Any]:
    return {name[0].upper() + name[1:]: value for name, value in cors.items()}
