"""I8, return machines: a message acted upon has done something, once; the rest is quarantined."""

from collections import Counter
from collections.abc import Iterator

from linli.audit.model import Finding
from linli.boxes.audit_machines import Machines, TakenMessage


def messages(machines: Machines) -> Iterator[Finding]:
    """
    I8: each message that was taken in is a box's move or sight, or a hand-in, and no two are one;
    whatever a machine did was told by a message; what is quarantined is there whole, and why.
    """
    told = Counter(message.told for message in machines.messages)
    for message in machines.messages:
        did = machines.acts.get(message.told or "")
        for what in _of_message(message, did, told[message.told]):
            key = f"{message.thing}/{message.order}"
            yield Finding(key, what, (message, did, told[message.told]))
    for act, by in machines.acts.items():
        if by in machines.things and not told[act]:
            yield Finding(f"{by}/{act}", "a machine did it, and no message says so", (act, by))
    for aside in machines.quarantined:
        if not aside.known_reason:
            yield Finding(aside.key, f"quarantined for no known reason: {aside.reason}", aside)
        if not aside.whole:
            yield Finding(aside.key, "of a quarantined message something is missing", aside)


def _of_message(message: TakenMessage, did: str | None, times: int) -> Iterator[str]:
    if did is None:
        yield "it was taken in, and nothing came of it"
    if times > 1:
        yield f"{times} messages are one act"
    if not message.whole:
        yield "of a message something is missing"
