"""Leaders of buildings (楼栋团长): residents join by consent, orders count, commissions accrue."""

from linli.leaders.accrue import accrue, close, take_back, void
from linli.leaders.audit import breaches
from linli.leaders.join import (
    JoinLeader,
    LeaveLeader,
    Membership,
    join,
    leader_in,
    leave,
    membership,
    membership_key,
)
from linli.leaders.model import Attribution, Building, HasLeader, LeaderView
from linli.leaders.programme import ProgrammeAccount, programme_account
from linli.leaders.register import PutLeader, buildings, put_leader
from linli.leaders.settle import settle
from linli.leaders.totals import view

__all__ = [
    "Attribution",
    "Building",
    "HasLeader",
    "JoinLeader",
    "LeaderView",
    "LeaveLeader",
    "Membership",
    "ProgrammeAccount",
    "PutLeader",
    "accrue",
    "breaches",
    "buildings",
    "close",
    "join",
    "leader_in",
    "leave",
    "membership",
    "membership_key",
    "programme_account",
    "put_leader",
    "settle",
    "take_back",
    "view",
    "void",
]
