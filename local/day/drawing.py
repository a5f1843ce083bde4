"""Draws the day's map as one SVG: stores, orders and routes on a honeycomb. Pure, no tiles.

The map is schematic: positions are projected flat (equirectangular), nothing else is surveyed, and
it says so. Colour never stands alone: orders differ by shape, routes by dashes.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from math import cos, dist, pi, radians, sin, sqrt

from local.day.figures import Figures, MapOrder, MapRoute, MapStore

WIDTH, HEIGHT, MARGIN = 1200, 900, 70
HEX_METRES = 220
METRES_PER_DEGREE = 111_320
DASHES = ("", "10 5", "3 4", "14 4 3 4", "7 3 2 3 2 3", "18 6", "1 5", "12 3")
COLOURS = 8
"""The ninth route has the first one's colour, but other dashes."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The flat projection that fits all places into the drawing."""

    lon: float
    lat: float
    lon_scale: float
    pixels_per_metre: float

    def xy(self, lon: float, lat: float) -> tuple[float, float]:
        """Pixels of a place."""
        x = WIDTH / 2 + (lon - self.lon) * self.lon_scale * self.pixels_per_metre
        y = HEIGHT / 2 - (lat - self.lat) * METRES_PER_DEGREE * self.pixels_per_metre
        return round(x, 1), round(y, 1)


def frame_of(places: Iterable[tuple[float, float]]) -> Frame:
    """The frame around `places` (lon, lat); raises ValueError where there are none."""
    lons, lats = zip(*places, strict=True)
    lat = (min(lats) + max(lats)) / 2
    lon_scale = METRES_PER_DEGREE * cos(radians(lat))
    across = max((max(lons) - min(lons)) * lon_scale, 500.0)
    down = max((max(lats) - min(lats)) * METRES_PER_DEGREE, 500.0)
    scale = min((WIDTH - 2 * MARGIN) / across, (HEIGHT - 2 * MARGIN) / down)
    return Frame((min(lons) + max(lons)) / 2, lat, lon_scale, scale)


def draw(figures: Figures) -> str:
    """The map as an `<svg>` element."""
    places = [(store.lon, store.lat) for store in figures.stores]
    places += [(order.lon, order.lat) for order in figures.map_orders]
    if not places:
        return "<p>No place to draw.</p>"
    frame = frame_of(places)
    parts = [
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="map-title map-desc">',
        '<title id="map-title">门店、订单与路线 · Stores, orders and routes</title>',
        f'<desc id="map-desc">{escape(_description(figures))}</desc>',
        f'<rect class="ground" width="{WIDTH}" height="{HEIGHT}"/>',
        _honeycomb(frame, figures.map_orders),
        *(_route(frame, number, route) for number, route in enumerate(figures.routes)),
        *_orders(frame, figures.map_orders),
        *(_store(frame, store) for store in figures.stores),
        _scale_bar(frame),
        "</svg>",
    ]
    return "\n".join(parts)


def swatch(number: int) -> str:
    """A small picture of route `number`'s line, for the legend."""
    line = _line(number, "M1 5H47")
    return f'<svg class="swatch" viewBox="0 0 48 10" aria-hidden="true">{line}</svg>'


def mark(state: str, x: float, y: float) -> str:
    """An order's sign: a disc when filled, a diamond across stores, a cross when refused."""
    if state == "refused":
        return f'<path class="order refused" d="M{x - 4} {y - 4}l8 8m0 -8l-8 8"/>'
    if state == "cross_store":
        return f'<path class="order cross" d="M{x} {y - 6}l6 6l-6 6l-6 -6z"/>'
    return f'<circle class="order filled" cx="{x}" cy="{y}" r="4"/>'


def _description(figures: Figures) -> str:
    of = figures.orders
    return (
        f"{len(figures.stores)} stores, {of.placed} orders of which {of.filled} were filled "
        f"({of.cross_store} across stores), and {len(figures.routes)} couriers' routes. "
        "The tables on this page hold the same figures. 示意图，数据见下方表格。"
    )


def _honeycomb(frame: Frame, orders: Iterable[MapOrder]) -> str:
    size = HEX_METRES * frame.pixels_per_metre
    counts = Counter(_hexagon_of(*frame.xy(one.lon, one.lat), size) for one in orders)
    most = max(counts.values(), default=1)
    cells = []
    for row in range(-1, int(HEIGHT / (1.5 * size)) + 2):
        for column in range(-1, int(WIDTH / (sqrt(3) * size)) + 2):
            x, y = _centre(column, row, size)
            count = counts.get((column, row), 0)
            tint = f' style="fill-opacity:{0.12 + 0.45 * count / most:.2f}"' if count else ""
            title = f"<title>{count} 单 orders</title>" if count else ""
            kind = "cell busy" if count else "cell"
            cells.append(f'<path class="{kind}"{tint} d="{_hexagon(x, y, size)}">{title}</path>')
    return '<g class="honeycomb">' + "".join(cells) + "</g>"


def _centre(column: int, row: int, size: float) -> tuple[float, float]:
    return sqrt(3) * size * (column + 0.5 * (row % 2)), 1.5 * size * row


def _hexagon_of(x: float, y: float, size: float) -> tuple[int, int]:
    around = round(y / (1.5 * size))
    candidates = [
        (round(x / (sqrt(3) * size) - 0.5 * (row % 2)), row)
        for row in (around - 1, around, around + 1)
    ]

    def away(cell: tuple[int, int]) -> float:
        return dist((x, y), _centre(cell[0], cell[1], size))

    return min(candidates, key=away)


def _hexagon(x: float, y: float, size: float) -> str:
    turns = [pi / 6 + turn * pi / 3 for turn in range(6)]
    corners = [f"{x + size * cos(a):.1f} {y + size * sin(a):.1f}" for a in turns]
    return "M" + "L".join(corners) + "z"


def _route(frame: Frame, number: int, route: MapRoute) -> str:
    aside = 2.2 * (number - 3)
    points = [frame.xy(*place) for place in route.points]
    line = "M" + "L".join(f"{x + aside:.1f} {y + aside:.1f}" for x, y in points)
    label = (
        f"{route.courier}（{route.trade_zh} {route.trade_en}）{route.route_id}: "
        f"{route.stops} 站 stops, {route.metres / 1000:.1f} km"
    )
    return (
        f'<g class="way r{number}"><title>{escape(label)}</title>'
        f'<path class="casing" d="{line}"/>{_line(number, line)}</g>'
    )


def _line(number: int, line: str) -> str:
    colour = number % COLOURS
    dashes = DASHES[(number + 3 * (number // COLOURS)) % len(DASHES)]
    return f'<path class="route c{colour}" stroke-dasharray="{dashes}" d="{line}"/>'


def _orders(frame: Frame, orders: Iterable[MapOrder]) -> list[str]:
    """Orders of one place are laid out on a sunflower spiral, so that none hides another."""
    seen: Counter[tuple[float, float]] = Counter()
    drawn = []
    for order in orders:
        nth = seen[order.lon, order.lat]
        seen[order.lon, order.lat] += 1
        x, y = frame.xy(order.lon, order.lat)
        away, turn = 7.5 * sqrt(nth), nth * pi * (3 - sqrt(5))
        sign = mark(order.state, round(x + away * cos(turn), 1), round(y + away * sin(turn), 1))
        drawn.append(f"<g><title>{escape(_order_label(order))}</title>{sign}</g>")
    return drawn


def _order_label(order: MapOrder) -> str:
    what = {
        "filled": "已成交 filled",
        "cross_store": f"跨 {order.stores} 店凑单 filled across {order.stores} stores",
        "refused": f"拒单 refused: {order.code}",
    }[order.state]
    return f"#{order.number} · {order.hour:02d}:00 · {order.units} 件 units · {what}"


def _store(frame: Frame, store: MapStore) -> str:
    x, y = frame.xy(store.lon, store.lat)
    return (
        f'<g class="store"><title>{escape(store.name_zh)} · {escape(store.name_en)}</title>'
        f'<path d="M{x - 13} {y + 12}v-14l13 -11l13 11v14z"/>'
        f'<path class="door" d="M{x - 4} {y + 12}v-9h8v9z"/>'
        f'<text x="{x}" y="{y + 29}">{escape(store.name_zh)}</text></g>'
    )


def _scale_bar(frame: Frame) -> str:
    length = round(1000 * frame.pixels_per_metre)
    x, y = 40, HEIGHT - 40
    return (
        f'<g class="scale"><path d="M{x} {y - 6}v6h{length}v-6"/>'
        f'<text x="{x + length / 2}" y="{y - 10}">1 km</text>'
        f'<path d="M{WIDTH - 50} {HEIGHT - 36}v-34m-7 10l7 -10l7 10"/>'
        f'<text x="{WIDTH - 50}" y="{HEIGHT - 78}">北 N</text>'
        f'<text class="schematic" x="{WIDTH - 40}" y="34">示意图（非测绘数据）'
        " · Schematic, not survey data</text></g>"
    )
