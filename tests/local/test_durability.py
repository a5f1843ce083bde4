"""Acknowledged changes outlive a kill; a request's changes are kept together or not at all."""

import json
import os
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from local import daemon
from local.paths import PRIVATE
from local.stack import Stack

TEMPLATE = Path(__file__).parent / "template.yaml"


@pytest.fixture
def state_dir(worker_id: str) -> Iterator[Path]:
    folder = PRIVATE / f"test-durability-{worker_id}"
    shutil.rmtree(folder, ignore_errors=True)
    yield folder
    daemon.stop(folder)


def start(state_dir: Path) -> Stack:
    return Stack.start(state_dir, template=TEMPLATE)


def put(stack: Stack, item_id: str) -> None:
    headers = {"Authorization": f"Bearer {stack.token(('city', 'wulin'))}"}
    answer = httpx.put(f"{stack.api_url}/items/{item_id}", headers=headers, timeout=30)
    assert answer.status_code == 201


def kill(stack: Stack) -> None:
    """End the emulator as a power user would: kill -9, and nothing else."""
    os.kill(json.loads((stack.state_dir / "running.json").read_text())["pid"], signal.SIGKILL)
    end = time.monotonic() + 5
    while daemon.running_ports(stack.state_dir) is not None and time.monotonic() < end:
        time.sleep(0.02)


def items(stack: Stack, table: str) -> set[str]:
    found = stack.client("dynamodb").scan(TableName=stack.resources[table])["Items"]
    return {item["pk"]["S"] for item in found}


def transact(stack: Stack, *item_ids: str) -> None:
    table = stack.resources["Table"]
    stack.client("dynamodb").transact_write_items(
        TransactItems=[
            {"Put": {"TableName": table, "Item": {"pk": {"S": item_id}}}} for item_id in item_ids
        ]
    )


def wait_for(stack: Stack, item_id: str) -> bool:
    end = time.monotonic() + 15
    while item_id not in items(stack, "SeenTable") and time.monotonic() < end:
        time.sleep(0.1)
    return item_id in items(stack, "SeenTable")


def function_processes(state_dir: Path) -> list[int]:
    """Processes that run functions of the stack on this folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes()
        except OSError:
            continue  # It ended while we looked.
        if str(state_dir).encode() in command:
            found.append(int(process.name))
    return found


def test_an_acknowledged_write_outlives_a_kill_at_once(state_dir: Path) -> None:
    stack = start(state_dir)
    put(stack, "one")
    transact(stack, "two", "three")
    kill(stack)
    assert daemon.was_killed(state_dir)
    assert items(start(state_dir), "Table") == {"one", "two", "three"}


def test_a_deleted_item_stays_deleted_after_a_kill(state_dir: Path) -> None:
    stack = start(state_dir)
    transact(stack, "one", "two")
    stack.client("dynamodb").delete_item(
        TableName=stack.resources["Table"], Key={"pk": {"S": "one"}}
    )
    kill(stack)
    assert items(start(state_dir), "Table") == {"two"}


def test_data_outlive_a_clean_stop_and_nothing_is_deployed_again(state_dir: Path) -> None:
    stack = start(state_dir)
    put(stack, "one")
    stack.stop()
    again = start(state_dir)
    assert items(again, "Table") == {"one"}
    assert not again.deploy(TEMPLATE)
    put(again, "two")


def test_a_torn_line_of_the_journal_undoes_its_whole_transaction(state_dir: Path) -> None:
    stack = start(state_dir)
    transact(stack, "whole-1", "whole-2")
    transact(stack, "torn-1", "torn-2")
    kill(stack)
    journal = state_dir / "emulator" / "dynamodb.journal"
    lines = journal.read_bytes().splitlines(keepends=True)
    torn = next(n for n, line in enumerate(lines) if b"torn-1" in line)
    journal.write_bytes(b"".join(lines[:torn]) + lines[torn][:-9])
    assert items(start(state_dir), "Table") == {"whole-1", "whole-2"}


def test_a_journal_mended_after_a_torn_line_takes_new_changes(state_dir: Path) -> None:
    stack = start(state_dir)
    transact(stack, "one")
    kill(stack)
    with (state_dir / "emulator" / "dynamodb.journal").open("ab") as journal:
        journal.write(b'{"w": [["torn')
    stack = start(state_dir)
    transact(stack, "two")
    kill(stack)
    assert items(start(state_dir), "Table") == {"one", "two"}


def test_records_that_a_consumer_had_not_taken_reach_it_after_a_kill(state_dir: Path) -> None:
    stack = start(state_dir)
    mappings = stack.client("lambda")
    mapping = mappings.list_event_source_mappings()["EventSourceMappings"][0]["UUID"]
    put(stack, "taken")
    assert wait_for(stack, "taken")
    mappings.update_event_source_mapping(UUID=mapping, Enabled=False)
    put(stack, "waiting")
    stack.save()
    put(stack, "waiting-too")
    kill(stack)
    stack = start(state_dir)
    assert "waiting" not in items(stack, "SeenTable")
    stack.client("lambda").update_event_source_mapping(UUID=mapping, Enabled=True)
    assert wait_for(stack, "waiting-too")
    assert wait_for(stack, "waiting")


@pytest.mark.parametrize("ending", ["stop", "kill"])
def test_no_process_is_left_behind(state_dir: Path, ending: str) -> None:
    stack = start(state_dir)
    put(stack, "one")
    assert function_processes(state_dir)
    stack.stop() if ending == "stop" else kill(stack)
    end = time.monotonic() + 5
    while function_processes(state_dir) and time.monotonic() < end:
        time.sleep(0.05)
    assert not function_processes(state_dir)
    daemon.stop(state_dir)


def test_a_taken_port_is_named_with_the_way_to_another(state_dir: Path) -> None:
    stack = start(state_dir)
    with pytest.raises(daemon.PortTaken, match=f"{stack.ports.api}.*") as told:
        daemon.start(state_dir.with_name(f"{state_dir.name}-second"), stack.ports)
    assert f"LINLI_PORT={stack.ports.api + 10}" in str(told.value)


def test_every_listener_is_on_the_loopback(state_dir: Path) -> None:
    stack = start(state_dir)
    ports = {stack.ports.api, stack.ports.emulator, stack.ports.mqtt, stack.ports.wechatpay}
    listening = set()
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        address, port = line.split()[1].split(":")
        if line.split()[3] == "0A" and int(port, 16) in ports:
            listening.add((int(port, 16), address))
    assert listening == {(port, "0100007F") for port in ports}
    six = Path("/proc/net/tcp6").read_text().splitlines()[1:]
    assert not ports & {int(line.split()[1].split(":")[1], 16) for line in six}
