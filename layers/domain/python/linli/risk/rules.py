"""The pure judgement of an attempt: features out of what was seen, points out of features."""

from linli.risk.model import Feature, Features, Kind, Reason, Rule, Ruleset, Score, Seen, Verdict

HOUR_SECONDS, DAY_SECONDS = 3600, 86400
_HOURLY: dict[Kind, Feature] = {
    "resident": "resident_hour",
    "device": "device_hour",
    "card": "card_hour",
}
_DAILY: dict[Kind, Feature] = {
    "resident": "resident_day",
    "device": "device_day",
    "card": "card_day",
}


def sliding(now_count: int, before_count: int, elapsed_seconds: int, window_seconds: int) -> int:
    """
    Attempts in the last window, from the counts of this fixed window and the one before it.

    The earlier window counts by the share of it that the sliding window still covers, rounded
    down (the "sliding window counter" of rate limiters): at most two counters are read whatever
    the traffic.
    """
    rest_seconds = window_seconds - elapsed_seconds
    return now_count + before_count * rest_seconds // window_seconds


def features(
    seen: Seen, *, fen: int, metres: int | None = None, phone_mismatch: bool | None = None
) -> Features:
    """The features of an attempt over `fen`; what is unknown stays out."""
    found: dict[Feature, int] = {
        "amount_fen": fen,
        "blocked": seen.blocked,
        "new_device": int(not seen.device_known),
        "paid_orders": seen.paid_orders,
    }
    found |= {_HOURLY[kind]: count + 1 for kind, count in seen.attempts_hour.items()}
    found |= {_DAILY[kind]: count + 1 for kind, count in seen.attempts_day.items()}
    if seen.paid_orders and seen.paid_fen:
        found["amount_percent"] = fen * seen.paid_orders * 100 // seen.paid_fen
    if metres is not None:
        found["metres"] = metres
    if phone_mismatch is not None:
        found["phone_mismatch"] = int(phone_mismatch)
    return found


def score(known: Features, ruleset: Ruleset) -> Score:
    """Add up the rules that hold; never less than nothing."""
    reasons = tuple(
        Reason(rule.id, rule.feature, known[rule.feature], rule.points)
        for rule in ruleset.rules
        if _holds(rule, known)
    )
    points = max(0, sum(reason.points for reason in reasons))
    return Score(points, _verdict(points, ruleset), reasons, ruleset.version)


def _holds(rule: Rule, known: Features) -> bool:
    wanted = {rule.feature: rule.at_least, **rule.also}
    return all(known.get(name, least - 1) >= least for name, least in wanted.items()) and all(
        known.get(name, most) < most for name, most in rule.below.items()
    )


def _verdict(points: int, ruleset: Ruleset) -> Verdict:
    if points >= ruleset.block_points:
        return Verdict.BLOCK
    return Verdict.REVIEW if points >= ruleset.review_points else Verdict.ACCEPT
