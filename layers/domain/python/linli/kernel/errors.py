"""Refusals: every way in which a well-formed or malformed request can be told no."""

from typing import Any, ClassVar


class Refused(Exception):
    """
    A rule said no and nothing was changed.

    `code` and `status` are part of the public API; the message and `fields` explain, and never
    hold personal data. Subjects subclass this with their own code.
    """

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 409
    title_en: ClassVar[str] = "The request was refused"
    title_zh: ClassVar[str] = "请求被拒绝"

    def __init__(self, detail: str = "", **fields: Any) -> None:
        super().__init__(detail or self.title_en)
        self.detail = detail
        self.fields = fields


class Invalid(Refused):
    """The request's content does not make sense."""

    code = "invalid"
    status = 422
    title_en = "The request is not valid"
    title_zh = "请求内容无效"


class NotFound(Refused):
    """There is no such object, or it is none of the caller's business (the same answer)."""

    code = "not_found"
    status = 404
    title_en = "Not found"
    title_zh = "未找到"


class Forbidden(Refused):
    """The caller's roles do not open this route."""

    code = "forbidden"
    status = 403
    title_en = "Your role does not allow this"
    title_zh = "您的角色无权执行此操作"


class Conflict(Refused):
    """The object is not in a state that allows this."""

    code = "conflict"
    title_en = "The object's state does not allow this"
    title_zh = "当前状态不允许此操作"


class Contended(Refused):
    """Others were writing the same items at the same moment; sending it again is safe."""

    code = "contended"
    status = 503
    title_en = "Busy, please send it again"
    title_zh = "系统繁忙，请重试"


class IdReused(Refused):
    """A client-made id came back with another body."""

    code = "id_reused"
    title_en = "This id was used for another request"
    title_zh = "该编号已用于另一请求"


class AlreadyDone(Refused):
    """
    The write under this id exists: a race with a resend. Use cases catch it and answer as before.
    """

    code = "already_done"
    title_en = "Already done"
    title_zh = "已完成"
