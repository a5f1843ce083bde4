"""Task tokens: telling a waiting state machine that its task is done."""

from typing import Any, Protocol

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

_GONE = frozenset({"TaskDoesNotExist", "TaskTimedOut", "InvalidToken"})


class Tokens(Protocol):
    """Answers tasks that wait for a token."""

    def succeed(self, token: str, output: str) -> bool:
        """Answer the task with `output` (JSON); False if it waits no longer."""
        ...


class StepFunctionsTokens:
    """Tokens of AWS Step Functions."""

    def __init__(self) -> None:
        self._client: Any = boto3.client(
            "stepfunctions", config=Config(connect_timeout=1, read_timeout=4)
        )

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
