"""The report: its arithmetic, both languages, and a page that asks nothing of the network."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from local.day.drawing import COLOURS, draw, frame_of, swatch
from local.day.figures import (
    Audit,
    Check,
    Counters,
    Credit,
    Deliveries,
    Emergency,
    Figures,
    Fill,
    Incident,
    MapOrder,
    MapRoute,
    MapStore,
    Money,
    Orders,
    Sensing,
    WaveFigures,
)
from local.day.page import STYLE, as_html
from local.day.replay import FillRate
from local.day.report import save
from local.day.sections import sections
from local.day.table import Both, percent, waiting, wave_name
from local.day.terminal import as_text

WAVE = "wulin.courier.20261127T1000"


def order(number: int, state: str, code: str = "ok") -> MapOrder:
    place = (120.16 + number / 1000, 30.27 + number / 2000)
    return MapOrder(number, 9, 2, 2, state, code, "梅园", "Plum Garden", *place)


FIGURES = Figures(
    on="2026-11-27",
    sales_on="2024-06-14",
    played_in_seconds=120.4,
    requests=700,
    request_ms_p50=30,
    request_ms_p95=90,
    orders=Orders(placed=3, filled=2, cross_store=1, refused={"out_of_stock": 1}),
    fill=Fill(pooled=FillRate(3, 2, 8, 6), separate=FillRate(3, 1, 8, 2)),
    waves=[
        WaveFigures(WAVE, 2, 0, 1, 7500, 10000, "or_tools", 9.5),
        WaveFigures("wulin.courier.20261127T1600", 0, 0, 0, 0, 0, "none", 1.0),
    ],
    deliveries=Deliveries(delivered=2),
    credit=Credit(
        boxes_out=2,
        boxes_back=1,
        deposits_charged_fen=2000,
        rewards_taken=1,
        points_redeemed=20,
        points_taken_back=3,
        coupons_fen=1950,
        commissions_fen=120,
    ),
    money=Money(online_orders=2, captured_fen=4250, refunds=1, refunded_fen=250, declined=1),
    counters=Counters(collected=2, short_units=3, proxy=1, presale_share=0.125),
    sensing=Sensing(published=30, incidents=[Incident("i", "s", "sensor-1", "respiration", 0.8)]),
    emergency=Emergency("e", "orange", 0.2, 3, 4, 1, 1),
    checks=[Check("Unknown product", "未知商品", "unknown_sku", "unknown_sku")],
    audits=[Audit("I1", "Stock adds up", "库存守恒", "holds", 240)],
    surprises=[],
    stores=[MapStore("老徐便利", "Old Xu's <Corner>", 120.158, 30.275)],
    map_orders=[
        order(1, "filled"),
        order(2, "cross_store"),
        order(3, "refused", "out_of_stock"),
    ],
    routes=[
        MapRoute(
            f"{WAVE}.1", "courier-01", "骑手", "rider", 2, 7500, [(120.16, 30.27), (120.165, 30.28)]
        )
    ],
)


class Outline(HTMLParser):
    """Notes the page's tags, and everything that could make a request."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.references: list[str] = []
        self.unbalanced: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        if tag not in ("meta", "input"):  # Void in HTML.
            self.open.append(tag)
        for name, value in attrs:
            if name in ("src", "href", "xlink:href", "action", "data", "srcset", "poster"):
                self.references.append(f"{tag} {name}={value}")

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.unbalanced.append(tag)


def outline(html: str) -> Outline:
    parser = Outline()
    parser.feed(html)
    return parser


def test_the_page_makes_no_request_and_runs_no_script() -> None:
    html = as_html(FIGURES)
    seen = outline(html)
    assert seen.references == []
    assert not {"script", "link", "img", "iframe", "object", "embed"} & set(seen.seen)
    assert "url(" not in html
    assert "@import" not in html
    assert "http" not in html.replace("http_", "")


def test_the_page_is_well_formed_and_escapes_what_it_shows() -> None:
    html = as_html(replace(FIGURES, surprises=["<script>alert(1)</script>"]))
    seen = outline(html)
    assert (seen.unbalanced, seen.open) == ([], [])
    assert "<script>" not in html
    assert "Old Xu&#x27;s &lt;Corner&gt;" in html


def test_the_map_says_that_it_is_schematic_and_describes_itself() -> None:
    svg = draw(FIGURES)
    assert "示意图（非测绘数据）" in svg
    assert 'role="img" aria-labelledby="map-title map-desc"' in svg
    assert "1 stores, 3 orders of which 2 were filled" in svg


def test_every_order_store_and_route_is_on_the_map_with_a_title() -> None:
    svg = draw(FIGURES)
    assert svg.count('class="order filled"') == 1
    assert svg.count('class="order cross"') == 1
    assert svg.count('class="order refused"') == 1
    assert svg.count('class="store"') == 1
    assert svg.count('class="route c0"') == 1
    assert "拒单 refused: out_of_stock" in svg


def test_the_map_keeps_all_places_inside_its_frame() -> None:
    places = [(120.14, 30.26), (120.19, 30.296), (120.16, 30.27)]
    frame = frame_of(places)
    assert all(0 < frame.xy(*place)[0] < 1200 and 0 < frame.xy(*place)[1] < 900 for place in places)


def test_one_place_alone_can_be_drawn() -> None:
    assert frame_of([(120.16, 30.27)]).xy(120.16, 30.27) == (600.0, 450.0)


def test_kilometres_saved_are_a_share_of_the_ways_by_hand() -> None:
    assert FIGURES.saved_share == pytest.approx(0.25)
    assert replace(FIGURES, waves=[]).saved_share is None


@pytest.mark.parametrize(
    ("share", "text"), [(0.936, "93.6 %"), (0.0, "0.0 %"), (None, "–"), (1.0, "100.0 %")]
)
def test_shares_are_shown_as_percentages(share: float | None, text: str) -> None:
    assert percent(share) == text


@pytest.mark.parametrize(
    ("minutes", "text"), [(None, "–"), (0.0, "< 1 s"), (0.05, "3 s"), (12.04, "12.0 min")]
)
def test_a_wait_is_told_in_seconds_below_a_minute(minutes: float | None, text: str) -> None:
    assert waiting(minutes) == text


def luminance(colour: str) -> float:
    """WCAG 2.2 relative luminance of #rrggbb."""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_text_and_signs_can_be_told_from_their_ground(theme: int) -> None:
    blocks = re.findall(r":root \{(.*?)\}", STYLE.read_text(encoding="utf-8"), re.S)
    colours = dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6})", blocks[theme]))
    for text in ("ink", "soft", "filled", "refused"):
        assert min(contrast(colours[text], colours[on]) for on in ("paper", "card")) >= 4.5
    for sign in ("filled", "cross", "refused", "store", *(f"c{n}" for n in range(COLOURS))):
        assert contrast(colours[sign], colours["ground"]) >= 3


def test_no_two_of_sixteen_routes_look_the_same() -> None:
    assert len({swatch(number) for number in range(16)}) == 16


def test_a_wave_is_named_by_its_local_start() -> None:
    assert wave_name(WAVE) == "11-27 10:00"


@pytest.mark.parametrize(
    "change",
    [
        {"surprises": ["an answer that nobody expected"]},
        {"checks": [Check("Unknown product", "未知商品", "unknown_sku", "fault")]},
        {"audits": [Audit("I1", "Stock", "库存", "violated", 240, ["atp below zero"])]},
    ],
)
def test_a_surprise_a_wrong_code_or_a_failed_audit_spoils_the_day(
    change: dict[str, object],
) -> None:
    assert FIGURES.clean
    assert not replace(FIGURES, **change).clean  # type: ignore[arg-type]


def test_an_audit_with_a_note_is_clean_and_the_report_shows_it() -> None:
    noted = Audit(
        "I7", "Paper", "纸质单据", "holds", 4, note_en="1 order is out", note_zh="1 单待回"
    )
    figures = replace(FIGURES, audits=[noted])
    assert figures.clean
    for report in (as_text(figures), as_html(figures)):
        assert "I7: 1 order is out" in report
        assert "I7：1 单待回" in report


def test_a_day_without_any_audit_is_not_clean() -> None:
    assert not replace(FIGURES, audits=[]).clean


def test_the_text_tells_the_figures_in_both_languages() -> None:
    text = as_text(FIGURES)
    for piece in ("33.3 %", "66.7 %", "71% → 94%", "7.5 km", "10.0 km", "45 → 12 min", "12 s"):
        assert piece in text
    for piece in ("¥42.50", "¥2.50", "12.5 %", "20.0 %"):
        assert piece in text, "money, and the presale's share beside the source's aim"
    assert "居民下单 Baskets ordered" in text
    assert "共享库存不足" in text


def test_every_label_of_the_report_has_both_languages() -> None:
    for section in sections(FIGURES):
        labels = [cell for row in section.rows for cell in row if isinstance(cell, Both)]
        for label in (section.title, *labels, *section.columns):
            assert bool(label.en) == bool(label.zh)
    chinese = re.compile(r"[\u4e00-\u9fff]")
    assert all(chinese.search(section.title.zh) for section in sections(FIGURES))


def test_the_report_is_saved_as_figures_text_and_page(tmp_path: Path) -> None:
    paths = save(FIGURES, tmp_path / "report")
    assert [path.name for path in paths] == [
        f"2026-11-27.{kind}" for kind in ("json", "txt", "html")
    ]
    figures = json.loads(paths[0].read_text(encoding="utf-8"))
    assert figures["fill"]["pooled"]["filled_units"] == 6
    assert figures["emergency"]["minutes_to_activation"] == 0.2


def test_the_points_section_tells_rewards_coupons_what_was_taken_back_and_commissions() -> None:
    (credit,) = (section for section in sections(FIGURES) if section.key == "credit")
    told = {row[0].en: row[1] for row in credit.rows if isinstance(row[0], Both)}
    assert told["Rewards taken"] == "1"
    assert told["Points spent on rewards"] == "20"
    assert told["Points taken back"] == "3"
    assert "19.50" in str(told["Coupons took off"])
    assert "1.20" in str(told["Commissions promised to leaders"])
