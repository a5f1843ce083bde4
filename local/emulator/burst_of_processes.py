"""Fault: a burst of events starts one process each, overruns the start-up limit, and is lost.

Lambda has machines for that; two cores have not. Mend: at most a few processes for a function,
further events wait their turn. A call made by a function on behalf of another call passes, since
waiting for itself would never end.
"""

import os
import threading
from typing import Any

PROCESSES_A_FUNCTION = int(os.environ.get("LINLI_PROCESSES", "3"))


def install() -> None:
    """Let events of one function queue for at most `PROCESSES_A_FUNCTION` processes."""
    from ministack.services import lambda_svc

    execute = lambda_svc._execute_function_provided_warm
    turns: dict[str, threading.BoundedSemaphore] = {}
    making = threading.Lock()

    def execute_in_turn(function: Any, event: Any, request_id: str) -> Any:
        if lambda_svc._invoke_depth.get():
            return execute(function, event, request_id)
        arn = (function.get("config") or function)["FunctionArn"]
        with making:
            turn = turns.setdefault(arn, threading.BoundedSemaphore(PROCESSES_A_FUNCTION))
        with turn:
            return execute(function, event, request_id)

    lambda_svc._execute_function_provided_warm = execute_in_turn
