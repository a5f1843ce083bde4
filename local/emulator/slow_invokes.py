"""Fault: each call of a function waits 40–90 ms for nothing.

The runtime API answers in two small writes (Nagle's algorithm and delayed acknowledgement cost
40 ms), and then waits 50 ms for log lines that mostly do not come.
Mend: no Nagle; wait a few milliseconds for the log.
"""

from typing import Any

LOG_WAIT_SECONDS = 0.003


def install() -> None:
    """Take both waits away."""
    from ministack.core import lambda_runtime

    build = lambda_runtime.ProvidedWorker._build_handler_class

    def build_without_nagle(worker: Any, *arguments: Any) -> Any:
        handler = build(worker, *arguments)
        handler.disable_nagle_algorithm = True
        return handler

    drain = lambda_runtime.Worker._drain_stderr_bounded

    def drain_briefly(
        worker: Any,
        first_line_wait: float = LOG_WAIT_SECONDS,
        idle_confirm: float = LOG_WAIT_SECONDS,
        hard_cap: float = 0.25,
    ) -> Any:
        # Who asks for a longer wait, as after a failed start, knows that there is something to say.
        return drain(worker, first_line_wait, idle_confirm, hard_cap)

    lambda_runtime.ProvidedWorker._build_handler_class = build_without_nagle
    lambda_runtime.Worker._drain_stderr_bounded = drain_briefly
