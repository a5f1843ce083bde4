"""A state machine as the use cases need it, and the one of AWS Step Functions."""

import json
from typing import Any, Protocol

from botocore.exceptions import ClientError

RUNNING = frozenset({"RUNNING", "PENDING_REDRIVE"})


class Machine(Protocol):
    """Runs one long process for each name, however often it is asked to."""

    def start(self, name: str, payload: dict[str, Any]) -> None:
        """Start the run called `name`; nothing happens if there was one."""
        ...

    def ended(self, name: str) -> bool:
        """Whether there was a run called `name` and it is over, however it ended."""
        ...


class StepFunctions:
    """A state machine of AWS Step Functions."""

    def __init__(self, arn: str) -> None:
        import boto3  # Only here: it costs a tenth of a second, and most functions start nothing.
        from botocore.config import Config

        self._arn = arn
        self._client: Any = boto3.client(
            "stepfunctions", config=Config(connect_timeout=1, read_timeout=4)
        )

    def start(self, name: str, payload: dict[str, Any]) -> None:
        """
        Start the execution called `name`; nothing happens if there was one.

        Raises:
            ClientError: Step Functions said something else.
        """
        try:
            self._client.start_execution(
                stateMachineArn=self._arn, name=name, input=json.dumps(payload)
            )
        except ClientError as error:
            # AWS answers a running execution's own name and input with success, an ended one's
            # with this code.
            if error.response["Error"]["Code"] != "ExecutionAlreadyExists":
                raise

    def ended(self, name: str) -> bool:
        """
        Whether there was an execution called `name` and it is over.

        Raises:
            ClientError: Step Functions said something else.
        """
        arn = f"{self._arn.replace(':stateMachine:', ':execution:')}:{name}"
        try:
            found = self._client.describe_execution(executionArn=arn)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ExecutionDoesNotExist":
                raise
            return False
        return found["status"] not in RUNNING
