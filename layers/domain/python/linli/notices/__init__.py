"""
Notices (通知): what happened to a resident's boxes, money, tier and cases, in their inbox.

What takes events in asks other subjects: `linli.notices.take` is imported where that is done.
"""

from linli.notices.kinds import KINDS
from linli.notices.read import Notices, mark_read, notices

__all__ = ["KINDS", "Notices", "mark_read", "notices"]
