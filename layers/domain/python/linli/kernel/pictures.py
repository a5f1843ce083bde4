"""Pictures in a private bucket as use cases need them: ways to put one and to look at one."""

from typing import Any, Protocol

from botocore.exceptions import ClientError


class Pictures(Protocol):
    """Gives devices and desks a way to a picture that is short-lived and for that one alone."""

    def way_to_put(self, key: str, content_type: str, size_bytes: int, seconds: int) -> str:
        """An address that takes a PUT of just this type and size, once; `put_headers` with it."""
        ...

    def way_to_see(self, key: str, seconds: int) -> str | None:
        """An address to look at the picture; None if nobody has put it there."""
        ...


def put_headers(content_type: str) -> dict[str, str]:
    """What a device sends beside the picture: it is signed, so nothing else is taken."""
    return {"Content-Type": content_type, "If-None-Match": "*"}


class BucketOfPictures:
    """A bucket of Amazon S3."""

    def __init__(self, bucket: str) -> None:
        self._bucket = bucket
        self._client = _client()

    def way_to_put(self, key: str, content_type: str, size_bytes: int, seconds: int) -> str:
        """As `Pictures`. Size, type and "never over another one" are part of the signature."""
        wanted = {
            "Bucket": self._bucket,
            "Key": key,
            "ContentType": content_type,
            "ContentLength": size_bytes,
            "IfNoneMatch": "*",
        }
        return str(self._client.generate_presigned_url("put_object", wanted, ExpiresIn=seconds))

    def way_to_see(self, key: str, seconds: int) -> str | None:
        """
        As `Pictures`.

        Raises:
            ClientError: S3 said something else than that there is none.
        """
        where = {"Bucket": self._bucket, "Key": key}
        try:
            self._client.head_object(**where)
        except ClientError as error:
            if error.response["Error"]["Code"] not in ("404", "NoSuchKey", "NotFound"):
                raise
            return None
        return str(self._client.generate_presigned_url("get_object", where, ExpiresIn=seconds))


def _client() -> Any:
    import boto3  # Only here: it costs a tenth of a second, and most functions see no picture.
    from botocore.config import Config

    return boto3.client(
        "s3",
        config=Config(
            connect_timeout=1,
            read_timeout=4,
            signature_version="s3v4",  # KMS and every later region take no older one.
            # A checksum of nothing would be signed, and no device could ever match it.
            request_checksum_calculation="when_required",
        ),
    )
