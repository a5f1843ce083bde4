"""What is known of buildings: which lifts are broken, and where the night may be disturbed."""

from linli.buildings.lift_rules import Lift
from linli.buildings.lifts import (
    LiftList,
    LiftReported,
    ReportLift,
    broken_lifts,
    lift_works,
    report_lift,
)
from linli.buildings.quiet import (
    NotQuietHere,
    QuietAnswer,
    QuietComplaint,
    answer,
    complain,
    count_quiet_delivery,
    quiet_allowed,
    quiet_index,
)
from linli.buildings.quiet_rules import Counts, QuietIndex

__all__ = [
    "Counts",
    "Lift",
    "LiftList",
    "LiftReported",
    "NotQuietHere",
    "QuietAnswer",
    "QuietComplaint",
    "QuietIndex",
    "ReportLift",
    "answer",
    "broken_lifts",
    "complain",
    "count_quiet_delivery",
    "lift_works",
    "quiet_allowed",
    "quiet_index",
    "report_lift",
]
