"""The report for a terminal, and the same as plain text."""

from io import StringIO

from rich.console import Console
from rich.table import Table

from local.day.figures import Figures
from local.day.sections import sections
from local.day.table import Both, Cell, Section

TEXT_WIDTH = 110


def show(figures: Figures, console: Console) -> None:
    """Print the report."""
    console.rule(f"[bold]邻里的一天 · A neighbourhood's day · {figures.on}")
    console.print(
        f"Played in {figures.played_in_seconds:.0f} s · {figures.requests} requests over HTTP, "
        f"median {figures.request_ms_p50} ms, 95 % within {figures.request_ms_p95} ms · "
        f"sales of {figures.sales_on} (FreshRetailNet-50K, Dingdong, CC BY 4.0)",
        highlight=False,
    )
    for section in sections(figures):
        console.print(f"\n[bold]{section.title.zh} · {section.title.en}[/bold]", highlight=False)
        console.print(_table(section))
        if section.note.en:
            console.print(f"[dim]{section.note.zh}\n{section.note.en}[/dim]", highlight=False)


def as_text(figures: Figures) -> str:
    """The report as plain text, without colours, ending in a newline."""
    file = StringIO()
    show(figures, Console(file=file, width=TEXT_WIDTH, color_system=None, force_terminal=False))
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines()) + "\n"


def _table(section: Section) -> Table:
    table = Table(show_edge=False, show_header=bool(section.columns))
    width = max(len(section.columns), max((len(row) for row in section.rows), default=1))
    for number in range(width):
        name = section.columns[number] if section.columns else Both("", "")
        numeric = number > 0 and section.key not in ("audits", "checks")
        table.add_column(_cell(name), justify="right" if numeric else "left")
    for row in section.rows:
        table.add_row(*[_cell(cell) for cell in row])
    return table


def _cell(cell: Cell) -> str:
    if isinstance(cell, str):
        return cell
    return f"{cell.zh} {cell.en}" if cell.zh != cell.en else cell.en
