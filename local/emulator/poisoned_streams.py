"""Fault: a stream's consumer loses the records behind a poisoned one.

MiniStack ignores `batchItemFailures`, MaximumRetryAttempts and BisectBatchOnFunctionError for
DynamoDB streams. Mend: our own round of the poller, after AWS's documented rules: a partial
batch is repeated from its lowest failure, halved when asked to, given up after the attempts that
the mapping allows (then sent to the OnFailure destination). Each mapping is served by a thread of
its own, for on AWS a slow consumer holds up no other; upstream serves them all in turn.
"""

import logging
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from local.emulator import journal

logger = logging.getLogger("streams")
LONGEST_PAUSE_SECONDS = 5.0
MOST_AT_ONCE = 32


@dataclass
class Trouble:
    """What a mapping remembers of a batch that fails."""

    position: int = -1
    attempts: int = 0
    limit: int | None = None
    not_before: float = 0.0


@dataclass(frozen=True)
class Batch:
    """Records read from a stream's position: all of them, and those the filter lets pass."""

    mapping: dict[str, Any]
    function: Any
    position: int
    raw: list[dict[str, Any]]
    wanted: list[dict[str, Any]]


_troubles: dict[str, Trouble] = {}
_pool = ThreadPoolExecutor(MOST_AT_ONCE, thread_name_prefix="stream")
_running: dict[str, Future[None]] = {}


def install() -> None:
    """Replace the poller's round over DynamoDB streams."""
    from ministack.services import lambda_svc

    lambda_svc._poll_dynamodb_streams = poll


def poll() -> bool:
    """Begin to serve each mapping that has something to do and is not being served; never waits.

    Always False, "nothing is left to do": who ends serving a mapping wakes the poller.
    """
    from ministack.core.responses import request_scope
    from ministack.services import lambda_svc

    for account, region, mapping in list(lambda_svc._iter_all_esms()):
        source = mapping.get("EventSourceArn", "")
        if not mapping.get("Enabled", True) or ":dynamodb:" not in source:
            continue
        with request_scope(account, region):
            if _rests(mapping["UUID"]) and _is_behind(lambda_svc, mapping):
                work = _pool.submit(_drain, lambda_svc, account, region, mapping)
                _running[mapping["UUID"]] = work
                work.add_done_callback(lambda _: lambda_svc._esm_wake.set())
    return False


def _rests(mapping_id: str) -> bool:
    """Nobody serves the mapping now. A fault of ours in the last round is raised here, once."""
    before = _running.get(mapping_id)
    if before is None:
        return True
    if not before.done():
        return False
    _running.pop(mapping_id).result()
    return True


def _is_behind(lambda_svc: Any, mapping: dict[str, Any]) -> bool:
    from ministack.services import dynamodb

    name = mapping["EventSourceArn"].split("/")[1]
    trouble = _troubles.get(mapping["UUID"])
    if name not in dynamodb._tables or (trouble and trouble.not_before > time.monotonic()):
        return False
    return _position(lambda_svc, mapping, name) < int(dynamodb.stream_end_position(name))


def _drain(lambda_svc: Any, account: str, region: str, mapping: dict[str, Any]) -> None:
    """Serve a mapping batch after batch, until it has nothing or has to pause."""
    from ministack.core.responses import request_scope

    with request_scope(account, region):
        while (reached := _serve(lambda_svc, mapping)) is not None:
            _advance(lambda_svc, account, region, mapping, reached)


def _advance(
    lambda_svc: Any, account: str, region: str, mapping: dict[str, Any], reached: int
) -> None:
    lambda_svc._dynamodb_stream_positions[mapping["UUID"]] = reached
    journal.acknowledge(account, region, mapping["UUID"], reached)


def _serve(lambda_svc: Any, mapping: dict[str, Any]) -> int | None:
    """Return the position reached, or None if the mapping stays where it is."""
    trouble = _troubles.setdefault(mapping["UUID"], Trouble())
    if trouble.not_before > time.monotonic():
        return None
    batch = _read(lambda_svc, mapping, trouble)
    if batch is None:
        return None
    if not batch.wanted:
        return batch.position + len(batch.raw)
    result = lambda_svc._execute_function(batch.function, {"Records": batch.wanted})
    failed = _lowest_failure(mapping, batch, result)
    if failed is None:
        _troubles.pop(mapping["UUID"], None)
        mapping["LastProcessingResult"] = "OK"
        return batch.position + len(batch.raw)
    mapping["LastProcessingResult"] = "PROBLEM: Function call failed"
    name, told = mapping["FunctionArn"].rsplit(":", 1)[-1], result.get("body")
    logger.warning("stream batch of %s failed from record %s on: %s", name, failed, told)
    return _after_failure(lambda_svc, batch, trouble, failed, result)


def _read(lambda_svc: Any, mapping: dict[str, Any], trouble: Trouble) -> Batch | None:
    from ministack.services import dynamodb

    source = mapping["EventSourceArn"]
    name = source.split("/")[1]
    function, _ = lambda_svc._get_func_record_for_qualifier(
        mapping["FunctionName"], mapping.get("Qualifier")
    )
    table = dynamodb._tables.get(name)
    if function is None or not table or table.get("LatestStreamArn") != source:
        return None
    position = _position(lambda_svc, mapping, name)
    if trouble.position != position:
        trouble.position, trouble.attempts, trouble.limit = position, 0, None
    size = trouble.limit or mapping.get("BatchSize", 100)
    raw = dynamodb.stream_records_since(name, position, size)
    if not raw:
        return None
    wanted = lambda_svc._apply_filter_criteria(raw, mapping)
    return Batch(mapping, function, position, raw, wanted)


def _position(lambda_svc: Any, mapping: dict[str, Any], table: str) -> int:
    from ministack.services import dynamodb

    start = int(dynamodb.stream_start_position(table))
    known = lambda_svc._dynamodb_stream_positions.get(mapping["UUID"])
    if known is None:
        newest = mapping.get("StartingPosition", "LATEST") == "LATEST"
        known = int(dynamodb.stream_end_position(table)) if newest else start
        lambda_svc._dynamodb_stream_positions[mapping["UUID"]] = known
    return max(int(known), start)


def _lowest_failure(mapping: dict[str, Any], batch: Batch, result: dict[str, Any]) -> int | None:
    """Return the index of the first failed record among the wanted ones, None if all went well.

    An identifier that is not in the batch counts as failure of the whole, as on AWS.
    """
    if result.get("error"):
        return 0
    if "ReportBatchItemFailures" not in (mapping.get("FunctionResponseTypes") or []):
        return None
    body = result.get("body")
    failures = (body.get("batchItemFailures") if isinstance(body, dict) else None) or []
    numbers = [record["dynamodb"]["SequenceNumber"] for record in batch.wanted]
    named = [failure.get("itemIdentifier") for failure in failures]
    if not named:
        return None
    return min(numbers.index(name) for name in named) if set(named) <= set(numbers) else 0


def _after_failure(
    lambda_svc: Any, batch: Batch, trouble: Trouble, failed: int, result: dict[str, Any]
) -> int | None:
    if failed > 0:  # What came before the failure is done.
        reached = batch.position + batch.raw.index(batch.wanted[failed])
        _troubles[batch.mapping["UUID"]] = Trouble(reached, attempts=1)
        return reached
    trouble.attempts += 1
    if batch.mapping.get("BisectBatchOnFunctionError") and len(batch.raw) > 1:
        trouble.limit = max(1, len(batch.raw) // 2)
        trouble.attempts -= 1
    elif _given_up(batch.mapping, trouble):
        lambda_svc._send_ddb_stream_failure_record(
            batch.mapping,
            batch.function,
            batch.wanted,
            batch.mapping["EventSourceArn"],
            result,
            "RetryAttemptsExhausted",
        )
        _troubles.pop(batch.mapping["UUID"], None)
        return batch.position + len(batch.raw)
    pause = min(0.2 * 2.0**trouble.attempts, LONGEST_PAUSE_SECONDS)
    trouble.not_before = time.monotonic() + pause
    return None


def _given_up(mapping: dict[str, Any], trouble: Trouble) -> bool:
    allowed = mapping.get("MaximumRetryAttempts")
    return allowed is not None and 0 <= int(allowed) < trouble.attempts
