"""Fault: a change of a nested stack fails at whatever in it did not change.

An unchanged resource keeps its attributes, but the update of a nested stack does not hand them
on, so that they are lost and the next `Fn::GetAtt` finds none ("Requested attribute Arn does not
exist in schema for AWS::IAM::Role"); undoing the update fails for the same reason.
Mend: hand on what the stack has recorded.
"""

from typing import Any


def install() -> None:
    """Let an update know the attributes that its resource had."""
    from ministack.services.cloudformation import _stacks, provisioners

    update = provisioners._update_resource

    def update_knowing_attributes(
        kind: str,
        physical_id: str,
        old: Any,
        new: Any,
        stack_name: str,
        logical_id: str | None = None,
        old_attrs: dict[str, Any] | None = None,
    ) -> Any:
        if old_attrs is None:
            recorded = (_stacks.get(stack_name) or {}).get("_resources", {})
            old_attrs = recorded.get(logical_id, {}).get("Attributes")
        return update(kind, physical_id, old, new, stack_name, logical_id, old_attrs)

    provisioners._update_resource = update_knowing_attributes
