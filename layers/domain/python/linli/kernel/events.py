"""Events that leave the system: CloudEvents 1.0, in the past tense."""

from datetime import datetime
from typing import Any

from linli.kernel.time import rfc3339

SOURCE = "urn:linli"


def cloud_event(kind: str, event_id: str, subject: str, at: datetime, data: Any) -> dict[str, Any]:
    """
    An event in CloudEvents' JSON format.

    `event_id` is the same for each delivery of one event, so that a listener can drop repeats;
    `data` holds no personal data.
    """
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": SOURCE,
        "type": f"linli.{kind}",
        "subject": subject,
        "time": rfc3339(at),
        "datacontenttype": "application/json",
        "data": data,
    }
