"""
A simulated world: clients call the real use cases, over an engine that fails as DynamoDB may.

One seed is one schedule, one set of faults and one set of wishes. Clients send a request again
after a fault or a crash, as phones do, and compare the answers. In the end the world is healed:
whatever is unanswered, and some of the rest, is sent again until it is answered. Then everybody's
answers must agree, and the audits must be clean; `violations` says what is wrong.
"""

import os
import random
import uuid
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from threading import local

from linli import audit, catalogue
from linli.kernel.errors import Contended, Refused
from linli.kernel.tables import Table
from linli.waves import NotYetVisible
from tests.support.baton import Baton
from tests.support.engine import Crash, Engine, Fault, engine
from tests.support.quick_sdk import quick_sdk
from tests.support.village import furnish_quickly

SEEDS = int(os.environ.get("LINLI_SEEDS", "0"))
"""How many seeds each flow runs; 0: its own number, chosen to be quick."""
FIRST_SEED = int(os.environ.get("LINLI_FIRST_SEED", "0"))
SENDINGS = 3
"""How often a client sends before it gives up for the time being."""
_HEALING_SENDINGS = 5
AUDITOR = "auditor"
NO_ANSWER = (Contended, NotYetVisible, Crash)
"""What tells the client, or the machine, to ask again."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a client was told: a result, or a refusal's code."""

    ok: bool
    told: Hashable


@dataclass(frozen=True, slots=True)
class Request:
    """
    Something that clients ask for, perhaps several of them, perhaps several times.

    An answer that is a result is final, and so is a refusal with one of the codes of `final`
    (None: every refusal): the same request must never be answered otherwise again.
    """

    name: str
    send: Callable[[], Hashable]
    final: frozenset[str] | None = frozenset()

    def settles(self, answer: Answer) -> bool:
        """Whether this answer must stay for ever."""
        return answer.ok or self.final is None or answer.told in self.final


@dataclass(slots=True)
class World:
    """One seed's world, its clients and what they were told."""

    db: Engine
    seed: int
    rng: random.Random
    baton: Baton
    trouble: float
    requests: dict[str, Request] = field(default_factory=dict)
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    violations: list[str] = field(default_factory=list)
    _faults: local = field(default_factory=local)
    _watched: int = -1

    def id(self) -> uuid.UUID:
        """A client-made id of this seed."""
        value = self.rng.getrandbits(128) & ~(0xF << 76) | (0x7 << 76)
        return uuid.UUID(int=value & ~(0x3 << 62) | (0x2 << 62))

    def chance(self, share: float) -> bool:
        """True in that share of cases."""
        return self.rng.random() < share

    def furnish(self, kind: str, furnish: Callable[[], None]) -> None:
        """Furnish this world as every other of its kind."""
        furnish_quickly(self.db, kind, furnish)

    def client(self, name: str, *requests: Request) -> None:
        """Let a client make these requests one after the other."""

        def life() -> None:
            for request in requests:
                self.ask(request)

        self.baton.spawn(name, life)

    def auditor(self) -> None:
        """Let somebody audit while all this goes on: they must not cry wolf."""

        def life() -> None:
            self.violations += [each for each in audit_now() if "unsettled" not in each]

        self.baton.spawn(AUDITOR, life)

    def watch(self) -> None:
        """No stored number is ever negative, not for a moment."""
        if self._watched == self.db.changes:
            return
        self._watched = self.db.changes
        for table in (Table.STOCK, Table.LEDGER, Table.SLOTS):
            for key, attribute in self.db.negative(table):
                self.violations.append(f"{table} {key}: negative {attribute}")

    def ask(self, request: Request, sendings: int = SENDINGS) -> Answer | None:
        """Send until answered, at most so often; None: still unanswered."""
        self.requests.setdefault(request.name, request)
        for _ in range(sendings):
            answer = self._send(request)
            if answer is not None:
                return answer
        return None

    def told(self, name: str) -> Answer | None:
        """The final answer to a request, or its last one."""
        answers = self.answers.get(name, [])
        settled = [a for a in answers if self.requests[name].settles(a)]
        return settled[0] if settled else answers[-1] if answers else None

    def _again(self, request: Request) -> bool:
        """
        Whether to send this once more at the end: what is unanswered, or was told something that
        need not stay; what must never be answered otherwise; and some of the rest.
        """
        told = self.told(request.name)
        settled = told is not None and request.settles(told)
        return not settled or request.final is None or self.chance(0.3)

    def _send(self, request: Request) -> Answer | None:
        before = self.hurt()
        try:
            answer = Answer(True, request.send())
        except NO_ANSWER:
            return None
        except Refused as refusal:
            answer = Answer(False, refusal.code)
        except Exception as error:
            if self.hurt() == before:
                self.violations.append(f"{request.name}: {error!r}, and nothing was wrong")
            return None
        self._compare(request, answer)
        return answer

    def _compare(self, request: Request, answer: Answer) -> None:
        given = self.answers.setdefault(request.name, [])
        settled = [one for one in given if request.settles(one)]
        if settled and settled[0] != answer:
            self.violations.append(f"{request.name}: told {settled[0]}, later {answer}")
        given.append(answer)

    def hurt(self) -> int:
        """How many faults have hit this thread's calls."""
        return getattr(self._faults, "count", 0)

    def choose_fault(self, _operation: str) -> Fault | None:
        """The fault of a call, if it is a client's and luck will have it."""
        holder = self.baton.holder
        if holder is None or holder.name == AUDITOR or not self.chance(self.trouble):
            return None
        self._faults.count = self.hurt() + 1
        return self.rng.choice(list(Fault))

    def run(self) -> None:
        """Run all clients to their end, heal the world, audit it."""
        if self.seed % 12 == 1:
            self.auditor()
        self.baton.run()
        self.trouble = 0.0
        self.db.not_yet_indexed = None
        pending = [r for r in self.requests.values() if self._again(r)]
        self.rng.shuffle(pending)
        for request in pending:
            if self.ask(request, _HEALING_SENDINGS) is None:
                self.violations.append(f"{request.name}: never answered")
        self.violations += audit_now()


def audit_now(cap_points: int = 20) -> list[str]:
    """What the audits find wrong, in words."""
    verdicts = audit.run(cap_points, sleep=lambda seconds: None)
    return [
        f"{each.guarantee} {each.verdict}: {suspicion.key}: {suspicion.what}"
        for each in verdicts
        for suspicion in (*each.violations, *each.unsettled)
    ]


@contextmanager
def world(seed: int, trouble: float, quick: bool) -> Iterator[World]:
    """
    An empty world of `seed`, in which that share of the clients' calls goes wrong; `quick` spares
    the costs of the SDK.
    """
    rng = random.Random(seed)
    with engine() as db, quick_sdk(db) if quick else nullcontext():
        catalogue.forget()
        made = World(db, seed, rng, Baton(rng, lambda: made.watch()), trouble)
        db.before_call = lambda operation: made.baton.hand_over()
        db.choose_fault = made.choose_fault
        yield made
    catalogue.forget()


Flow = Callable[[World], None]
"""Sends clients into a world, runs it, and adds what they find wrong to its violations."""


def play(flow: Flow, seed: int, quick: bool | None = None) -> World:
    """
    Play one seed: a fifth of them without faults, for races alone; an eighth with the real SDK.
    """
    trouble = 0.0 if seed % 5 == 0 else 0.12
    with world(seed, trouble, seed % 8 != 0 if quick is None else quick) as made:
        flow(made)
    return made


def first_caught(flow: Flow, seeds: Iterable[int]) -> tuple[int, list[str]] | None:
    """The first of `seeds` that shows something wrong, and what; None if all is well."""
    for seed in seeds:
        violations = play(flow, seed).violations
        if violations:
            return seed, violations
    return None
