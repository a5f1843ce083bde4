"""Files that come in, and what is wrong with them, row by row."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from linli.kernel.ids import CommandId

MOST_ROWS = 1_000
MOST_BYTES = 512 * 1024
"""Of a request with a file; a thousand rows of ours are some 100 KB."""
MOST_ERRORS = 200

Kind = Literal["products", "stores", "receipts"]
State = Literal["invalid", "checked", "running", "done"]


class ImportFile(BaseModel):
    """A CSV file with a header, UTF-8, at most 1,000 rows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: CommandId
    kind: Kind
    dry_run: bool = Field(description="Check the whole file and change nothing")
    csv: Annotated[str, Field(min_length=1, max_length=MOST_BYTES)]


class RowError(BaseModel):
    """What is wrong where; row 1 is the header. Programs branch on `code`."""

    model_config = ConfigDict(frozen=True)

    row: int
    column: str
    code: str


class Report(BaseModel):
    """
    What became of a file: `invalid` (nothing was changed), `checked` (a dry run without errors),
    `running` (send the same again to go on), `done` (errors name rows that were refused).
    """

    id: str
    kind: Kind
    state: State
    rows: int
    applied_rows: int = 0
    errors: list[RowError] = []
