"""State machines and their waiting tasks as use cases need them, and those of AWS."""

import json
from typing import Any, Protocol

from botocore.exceptions import ClientError

_RUNNING = frozenset({"RUNNING", "PENDING_REDRIVE"})
_GONE = frozenset({"TaskDoesNotExist", "TaskTimedOut", "InvalidToken"})


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
        self._arn = arn
        self._client = _client()

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
        return found["status"] not in _RUNNING


class Tokens(Protocol):
    """Answers tasks that wait for a token."""

    def succeed(self, token: str, output: str) -> bool:
        """Answer the task with `output` (JSON); False if it waits no longer."""
        ...


class StepFunctionsTokens:
    """Tokens of AWS Step Functions."""

    def __init__(self) -> None:
        self._client = _client()

    def succeed(self, token: str, output: str) -> bool:
        """
        Answer the task; False if it was answered, timed out, or its execution has ended.

        Raises:
            ClientError: Step Functions said something else.
        """
        try:
            self._client.send_task_success(taskToken=token, output=output)
        except ClientError as error:
            if error.response["Error"]["Code"] not in _GONE:
                raise
            return False
        return True


def _client() -> Any:
    import boto3  # Only here: it costs a tenth of a second, and most functions start nothing.
    from botocore.config import Config

    return boto3.client("stepfunctions", config=Config(connect_timeout=1, read_timeout=4))
