"""Reading JSON objects field by field; what is wrong is refused by its path."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from linli.routing.model import InvalidProblem

T = TypeVar("T")


class Reader:
    """One JSON object. Each method raises `InvalidProblem` with the field's path."""

    def __init__(self, value: object, path: str) -> None:
        if not isinstance(value, Mapping):
            raise InvalidProblem(path or "problem", "not an object")
        self._fields, self._path = value, path

    def path(self, name: str) -> str:
        """The field's path from the root."""
        return f"{self._path}.{name}" if self._path else name

    def has(self, name: str) -> bool:
        """Whether the field is there and not null."""
        return self._fields.get(name) is not None

    def integer(self, name: str, default: int | None = None) -> int:
        """A whole number; `default` when the field is absent."""
        value = self._fields.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int):
            raise InvalidProblem(self.path(name), "not a whole number")
        return value

    def integer_or_none(self, name: str) -> int | None:
        """A whole number, or None when the field is absent or null."""
        return self.integer(name) if self.has(name) else None

    def text(self, name: str, default: str | None = None) -> str:
        """A string of at most 128 characters."""
        value = self._fields.get(name, default)
        if not isinstance(value, str) or len(value) > 128:
            raise InvalidProblem(self.path(name), "not a string of at most 128 characters")
        return value

    def number(self, name: str) -> float:
        """A number."""
        value = self._fields.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise InvalidProblem(self.path(name), "not a number")
        return value

    def array(self, name: str) -> list[object]:
        """An array."""
        value = self._fields.get(name)
        if not isinstance(value, list | tuple):
            raise InvalidProblem(self.path(name), "not an array")
        return [*value]

    def texts(self, name: str) -> tuple[str, ...]:
        """An array of strings; empty when the field is absent."""
        values = self.array(name) if self.has(name) else []
        if not all(isinstance(each, str) and len(each) <= 128 for each in values):
            raise InvalidProblem(self.path(name), "not an array of strings")
        return tuple(str(each) for each in values)

    def each(self, name: str, read: "Callable[[Reader], T]") -> tuple[T, ...]:
        """An array of objects, each read by `read`."""
        path = self.path(name)
        return tuple(read(Reader(v, f"{path}[{n}]")) for n, v in enumerate(self.array(name)))

    def each_or_none(self, name: str, read: "Callable[[Reader], T]") -> tuple[T, ...]:
        """As `each`; empty when the field is absent."""
        return self.each(name, read) if self.has(name) else ()

    def nested(self, name: str) -> "Reader":
        """An object inside."""
        return Reader(self._fields.get(name), self.path(name))

    def one_of(self, kind: Callable[[str], T], name: str) -> T:
        """A member of an enumeration."""
        try:
            return kind(self.text(name))
        except ValueError as wrong:
            raise InvalidProblem(self.path(name), "not one of its values") from wrong
