"""Cases (申诉与复核): disputes, appeals and reviews, each with an owner, a history and an end."""

from linli.cases.audit import breaches
from linli.cases.decide import AlreadyDecided, AssignCase, DecideCase, NotYours, assign, decide
from linli.cases.model import Case, CaseView, Decision, Step
from linli.cases.opening import case_key, open_case
from linli.cases.read import of_community, of_party, party_of, read

__all__ = [
    "AlreadyDecided",
    "AssignCase",
    "Case",
    "CaseView",
    "DecideCase",
    "Decision",
    "NotYours",
    "Step",
    "assign",
    "breaches",
    "case_key",
    "decide",
    "of_community",
    "of_party",
    "open_case",
    "party_of",
    "read",
]
