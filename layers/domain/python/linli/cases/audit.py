"""Whether every case has an owner, a queue and its whole history; reads the table whole."""

from collections import Counter
from collections.abc import Iterator

from linli.cases.rows import CASE, STEP, CasesItem, queue_of
from linli.kernel import reads


def breaches() -> Iterator[str]:
    """What is wrong with the cases: none without an owner, none whose steps do not add up."""
    steps: Counter[str] = Counter()
    cases = []
    for item in reads.scan(CasesItem):
        if item.sk == CASE:
            cases.append(item)
        elif item.sk.startswith(STEP):
            steps[item.pk] += 1
    for case in cases:
        for what in _of(case, steps[case.pk]):
            yield f"{case.pk}: {what}"


def _of(case: CasesItem, steps: int) -> Iterator[str]:
    if not case.owner:
        yield "it has no owner"
    if case.queue != queue_of(str(case.community_id), str(case.state)):
        yield f"it is {case.state} and waits in {case.queue}"
    if (case.state == "decided") != (case.decision is not None):
        yield f"it is {case.state} with decision {case.decision}"
    if steps != int(case.version or 0):
        yield f"it took {case.version} steps, {steps} are recorded"
