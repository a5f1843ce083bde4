"""The report as one self-contained HTML file: map, figures, tables; no request leaves it. Pure."""

from collections import Counter
from html import escape
from pathlib import Path

from local.day.drawing import draw, mark, swatch
from local.day.figures import Figures
from local.day.sections import sections
from local.day.table import Both, Cell, Section, kilometres, percent, waiting, wave_name

STYLE = Path(__file__).with_name("page.css")
STATES = {
    "filled": Both("filled by one store", "单店成交"),
    "cross_store": Both("filled across stores", "跨店凑单"),
    "refused": Both("refused", "拒单"),
}
MAP_NOTE = Both(
    "The deeper the honeycomb, the more orders. Lines join the stops; they are not streets.",
    "蜂巢颜色越深，订单越多。路线为站点间直线示意，并非道路。",
)
WIDE = ("fill", "waves", "checks", "audits", "surprises")


def as_html(figures: Figures) -> str:
    """The whole page."""
    title = f"邻里的一天 · A neighbourhood's day · {figures.on}"
    return f"""<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escape(title)}</title>
<style>
{STYLE.read_text(encoding="utf-8")}{_switches(figures)}</style>
</head>
<body>
{_header(figures)}
<main>
{_cards(figures)}
{_map(figures)}
<div class="grid">
{"".join(_section(section) for section in sections(figures))}
{_buildings(figures)}
</div>
</main>
{_footer(figures)}
</body>
</html>
"""


def _switches(figures: Figures) -> str:
    """Rules that hide a route when its box in the legend is cleared: no script is needed."""
    return "".join(
        f"body:has(#show-r{n}:not(:checked)) .r{n} {{ display: none; }}\n"
        for n in range(len(figures.routes))
    )


def _header(figures: Figures) -> str:
    return f"""<header>
<h1>邻里的一天 <span lang="en">A neighbourhood's day · {escape(figures.on)}</span></h1>
<p class="lead">五家门店真实的逐时销量，经系统的真实接口走完一天。
<span class="en" lang="en">Real hourly sales of five stores ({escape(figures.sales_on)}), played
through the doors of the real system in {figures.played_in_seconds:.0f} s: {figures.requests}
requests, median {figures.request_ms_p50} ms, 95 % within {figures.request_ms_p95} ms.</span></p>
</header>"""


def _cards(figures: Figures) -> str:
    pooled, separate = figures.fill.pooled, figures.fill.separate
    minutes = figures.emergency.minutes_to_activation
    audited = [audit for audit in figures.audits if audit.verdict != "no_subject"]
    passed = sum(audit.passed for audit in audited)
    driven = kilometres(figures.metres)
    cards = [
        _card(
            f"{percent(separate.of_orders)} → {percent(pooled.of_orders)}",
            Both("orders filled: separate stocks → one pool", "订单满足率：独立 → 共享"),
        ),
        _card(
            f"{figures.orders.helped} / {figures.orders.cross_store}",
            Both("orders helped by other stores / put together across", "他店支援 / 跨店凑单"),
        ),
        _card(percent(figures.saved_share), Both(f"fewer kilometres ({driven})", "里程节省")),
        _card(
            waiting(minutes),
            Both("storm warning to reserve vehicles", "预警到启用备用车"),
            minutes is not None,
        ),
        _card(
            f"{figures.credit.boxes_back} / {figures.credit.boxes_out}",
            Both("boxes back / handed over", "循环箱归还 / 交付"),
        ),
        _card(
            f"{passed} / {len(audited)}",
            Both("guarantees hold", "保证成立"),
            0 < passed == len(audited),
        ),
    ]
    return f'<ul class="cards">{"".join(cards)}</ul>'


def _card(value: str, label: Both, good: bool = True) -> str:
    bad = "" if good else ' class="bad"'
    return (
        f"<li{bad}><strong>{escape(value)}</strong>{escape(label.zh)}"
        f'<small lang="en">{escape(label.en)}</small></li>'
    )


def _map(figures: Figures) -> str:
    return f"""<section class="map" aria-label="地图 Map"><figure>{draw(figures)}</figure>
<div><h2>{_both(Both("Orders", "订单"))}</h2><ul class="legend">{_order_legend()}</ul>
<h2>{_both(Both("Routes", "路线"))}</h2><ul class="legend">{_route_legend(figures)}</ul>
<p class="note">{_both(MAP_NOTE)}</p>
</div></section>"""


def _order_legend() -> str:
    return "".join(
        '<li><svg class="sign" viewBox="0 0 24 20" aria-hidden="true">'
        f"{mark(state, 12, 10)}</svg>{_both(label)}</li>"
        for state, label in STATES.items()
    )


def _route_legend(figures: Figures) -> str:
    return "".join(
        f'<li><label><input type="checkbox" id="show-r{n}" checked>{swatch(n)}'
        f"<span>{escape(wave_name(route.route_id.rsplit('.', 1)[0])[6:])} {escape(route.trade_zh)} "
        f'<span class="en" lang="en">{escape(route.trade_en)} · {route.stops} 站 '
        f"· {kilometres(route.metres)}</span></span></label></li>"
        for n, route in enumerate(figures.routes)
    )


def _section(section: Section) -> str:
    wide = " wide" if section.key in WIDE else ""
    note = f'<p class="note">{_both(section.note)}</p>' if section.note.en else ""
    heads = "".join(
        f'<th scope="col"{_align(section, n)}>{_both(column)}</th>'
        for n, column in enumerate(section.columns)
    )
    rows = "".join(f"<tr>{_cells(section, row)}</tr>" for row in section.rows)
    return (
        f'<section class="figure{wide}"><h2>{_both(section.title)}</h2>'
        f"{_table(heads, rows)}{note}</section>\n"
    )


def _table(heads: str, rows: str) -> str:
    head = f"<thead><tr>{heads}</tr></thead>" if heads else ""
    return f'<div class="scroll" tabindex="0"><table>{head}<tbody>{rows}</tbody></table></div>'


def _cells(section: Section, row: tuple[Cell, ...]) -> str:
    first = f'<th scope="row">{_both(row[0])}</th>'
    return first + "".join(
        f"<td{_align(section, n)}>{_both(cell)}</td>" for n, cell in enumerate(row[1:], 1)
    )


def _align(section: Section, number: int) -> str:
    return ' class="n"' if number and section.key not in ("checks", "audits") else ""


def _both(cell: Cell) -> str:
    if isinstance(cell, str):
        return escape(cell)
    text = escape(cell.zh)
    if cell.zh != cell.en:
        text += f' <span class="en" lang="en">{escape(cell.en)}</span>'
    sign = {"✓": "pass", "✗": "fail"}.get(cell.en[:1])
    return (
        f'<span class="{sign}">{cell.en[0]} {text.replace(cell.en[:2], "")}</span>'
        if sign
        else text
    )


def _buildings(figures: Figures) -> str:
    """The map's content as a table: orders by building and what became of them."""
    counts: dict[Both, Counter[str]] = {}
    for order in figures.map_orders:
        counts.setdefault(Both(order.building_en, order.building_zh), Counter())[order.state] += 1
    rows = "".join(
        f'<tr><th scope="row">{_both(building)}</th>'
        + "".join(f'<td class="n">{count[state]}</td>' for state in STATES)
        + "</tr>"
        for building, count in sorted(counts.items())
    )
    heads = f'<th scope="col">{_both(Both("Building", "楼栋"))}</th>' + "".join(
        f'<th scope="col" class="n">{_both(label)}</th>' for label in STATES.values()
    )
    summary = _both(Both("The map as a table", "地图数据表"))
    return (
        f'<section class="figure wide"><details><summary>{summary}</summary>'
        f"{_table(heads, rows)}</details></section>"
    )


def _footer(figures: Figures) -> str:
    return f"""<footer><p>销量来自 FreshRetailNet-50K（叮咚买菜，CC BY 4.0），件数 ×10 并抽样；
门店、商品、价格、居民、楼栋、骑手均为虚构。
<span lang="en">Sales of {escape(figures.sales_on)}: FreshRetailNet-50K (Dingdong, CC BY 4.0),
units × 10, thinned by the rules of <code>local/day/baskets.py</code>. Stores, products, prices,
residents, buildings and couriers are invented.</span></p></footer>"""
