"""Money in integer fen (1 CNY = 100 fen)."""

from collections.abc import Sequence


def split(total_fen: int, weights: Sequence[int]) -> list[int]:
    """
    Split `total_fen` by `weights` so that the parts add up to it exactly.

    Largest-remainder (Hamilton) rounding; ties go to the earlier part. A zero sum of weights
    is only allowed for a zero total.

    Raises:
        ValueError: A negative weight, or nothing to split a non-zero total over.
    """
    if any(weight < 0 for weight in weights):
        raise ValueError("weights are not negative")
    whole = sum(weights)
    if whole == 0:
        if total_fen:
            raise ValueError("nothing to split over")
        return [0] * len(weights)
    sign = -1 if total_fen < 0 else 1
    parts = [abs(total_fen) * weight // whole for weight in weights]
    rests = [abs(total_fen) * weight % whole for weight in weights]
    missing = abs(total_fen) - sum(parts)
    for index in sorted(range(len(weights)), key=lambda i: (-rests[i], i))[:missing]:
        parts[index] += 1
    return [sign * part for part in parts]


def yuan(fen: int) -> str:
    """`fen` as people read it: `1234` is `¥12.34`."""
    sign = "-" if fen < 0 else ""
    return f"{sign}¥{abs(fen) // 100}.{abs(fen) % 100:02d}"
