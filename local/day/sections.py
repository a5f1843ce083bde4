"""The report's content, once, in both languages: terminal and page only draw it. Pure."""

from local.day.figures import SOURCE_FILL, SOURCE_MINUTES, Figures
from local.day.table import Both, Cell, Section, kilometres, percent, waiting, wave_name, yuan
from local.day.trading import counters, money

VERDICTS = {
    "holds": Both("✓ holds", "成立"),
    "no_subject": Both("– no subject yet", "暂无对象"),
}
REASONS = {
    "out_of_stock": Both("Out of stock in the whole pool", "共享库存不足"),
    "slot_full": Both("Slot full", "时段已满"),
    "slot_closed": Both("Slot closed", "时段已截单"),
    "not_enough_points": Both("Not enough points", "积分不足"),
    "outside_every_pool": Both("Outside every pool", "超出配送范围"),
}


def sections(figures: Figures) -> list[Section]:
    """All sections of the report, in the order of reading."""
    return [
        orders(figures),
        fill(figures),
        waves(figures),
        deliveries(figures),
        credit(figures),
        money(figures),
        counters(figures),
        sensing(figures),
        emergency(figures),
        checks(figures),
        audits(figures),
        surprises(figures),
    ]


def orders(figures: Figures) -> Section:
    """Orders placed, filled and refused, with the reasons."""
    of = figures.orders
    rows: list[tuple[Cell, ...]] = [
        (Both("Baskets ordered", "居民下单"), str(of.placed)),
        (Both("Filled", "成交"), str(of.filled)),
        (Both("– with other stores' help", "– 其中他店支援"), str(of.helped)),
        (Both("– put together across stores", "– 其中跨店凑单"), str(of.cross_store)),
        (Both("Refused", "拒单"), str(sum(of.refused.values()))),
    ]
    for code, count in sorted(of.refused.items()):
        reason = REASONS.get(code, Both(code, code))
        rows.append((Both(f"– {reason.en} ({code})", f"– {reason.zh}"), str(count)))
    rows.append((Both("Cancelled by the resident", "居民取消"), str(of.cancelled)))
    rows.append((Both("Sent twice, one effect", "重复提交（只生效一次）"), str(of.resent)))
    rows.append((Both("For tomorrow's 10:00 wave", "计入次日 10:00 批次"), str(of.for_tomorrow)))
    return Section("orders", Both("Orders", "订单"), (), tuple(rows))


def fill(figures: Figures) -> Section:
    """Fill rate of the pool beside separate stocks and the source's figure."""
    pooled, separate = figures.fill.pooled, figures.fill.separate
    rows: tuple[tuple[Cell, ...], ...] = (
        (
            Both("Orders filled", "订单满足率"),
            percent(separate.of_orders),
            percent(pooled.of_orders),
            f"{SOURCE_FILL[0]:.0%} → {SOURCE_FILL[1]:.0%}",
        ),
        (
            Both("Units filled", "件数满足率"),
            percent(separate.of_units),
            percent(pooled.of_units),
            "–",
        ),
    )
    return Section(
        "fill",
        Both("Fill rate", "满足率"),
        (
            Both("", ""),
            Both("Separate stocks", "各店独立库存"),
            Both("One pool", "共享库存"),
            Both("Source's figure", "原文数据"),
        ),
        rows,
        Both(
            "Separate: the same baskets in the same order against the same opening stock, each "
            "filled whole by its resident's nearest store or not at all.",
            "独立库存：相同订单、相同顺序、相同期初库存，每单只能由最近门店整单满足。",
        ),
    )


def waves(figures: Figures) -> Section:
    """Each wave's routes and kilometres beside first-come-nearest-next."""
    rows: list[tuple[Cell, ...]] = [
        (
            wave_name(wave.wave_id),
            str(wave.orders),
            str(wave.routes),
            kilometres(wave.metres),
            kilometres(wave.baseline_metres),
            percent(1 - wave.metres / wave.baseline_metres) if wave.baseline_metres else "–",
            f"{wave.solver} {wave.solved_in_seconds:.1f} s",
        )
        for wave in figures.waves
    ]
    return Section(
        "waves",
        Both("Waves and kilometres", "批次与里程"),
        (
            Both("Wave", "批次"),
            Both("Orders", "订单"),
            Both("Routes", "路线"),
            Both("Planned", "规划里程"),
            Both("First come", "先到先送"),
            Both("Saved", "节省"),
            Both("Solver", "求解器"),
        ),
        tuple(rows),
        Both(
            "First come: the same orders and couriers by hand: each order in turn to the first "
            "courier who can take it in time, who goes to the nearest next. Seconds: the whole "
            "run of the state machine. The source's figure is 20–25 % less; ours compares with "
            "hands that never sort orders by area, so it comes out larger.",
            "先到先送：相同订单与骑手，按下单先后交给第一位来得及的骑手，骑手总去最近的下一站。"
            "秒数为整个流程用时。原文数据：里程减少 20–25 %；人工方式不按片区分拣，故本数值偏大。",
        ),
    )


def deliveries(figures: Figures) -> Section:
    """What the couriers reported."""
    of = figures.deliveries
    return Section(
        "deliveries",
        Both("Deliveries", "配送"),
        (),
        (
            (Both("Delivered", "已送达"), str(of.delivered)),
            (Both("Failed at the door", "未送达"), str(of.failed)),
            (Both("Reported twice, one effect", "重复上报（只生效一次）"), str(of.resent)),
            (Both("Recorded offline", "离线登记"), str(of.offline)),
        ),
    )


def credit(figures: Figures) -> Section:
    """Boxes, points and deposits."""
    of = figures.credit
    return Section(
        "credit",
        Both("Boxes, points, deposits", "循环箱、积分、押金"),
        (),
        (
            (Both("Boxes handed over", "交付循环箱"), str(of.boxes_out)),
            (Both("Boxes returned", "归还循环箱"), str(of.boxes_back)),
            (Both("Left at a door overnight, collected", "隔夜回收循环箱"), str(of.boxes_found)),
            (Both("Deposits charged", "收取押金"), yuan(of.deposits_charged_fen)),
            (Both("Deposits refunded", "退还押金"), yuan(of.deposits_refunded_fen)),
            (Both("Points earned", "获得积分"), str(of.points_earned)),
            (Both("Points spent on orders", "下单使用积分"), str(of.points_spent)),
            (Both("Points spent on rewards", "兑换使用积分"), str(of.points_redeemed)),
            (Both("Points taken back", "冲正积分"), str(of.points_taken_back)),
            (Both("Rewards taken", "兑换权益"), str(of.rewards_taken)),
            (Both("Coupons took off", "优惠券抵扣"), yuan(of.coupons_fen)),
            (
                Both("Commissions promised to leaders", "团长佣金（待结算）"),
                yuan(of.commissions_fen),
            ),
        ),
    )


def sensing(figures: Figures) -> Section:
    """Readings and the incidents that they opened."""
    of = figures.sensing
    rows: list[tuple[Cell, ...]] = [
        (Both("Readings sent over MQTT", "经 MQTT 上报读数"), str(of.published)),
        (Both("of them duplicates", "其中重复"), str(of.duplicates)),
        (Both("of them out of order", "其中乱序"), str(of.reordered)),
        (Both("of them impossible", "其中不可能值"), str(of.impossible)),
        (Both("Incidents opened", "触发事件"), str(len(of.incidents))),
    ]
    for incident in of.incidents:
        where = f"{incident.thing} ({incident.kind})"
        rows.append((Both(f"– {where}", f"– {where}"), f"{incident.seconds_to_open:.1f} s"))
    return Section("sensing", Both("Produce sensors", "果蔬传感"), (), tuple(rows))


def emergency(figures: Figures) -> Section:
    """The storm: minutes to activation beside the source's."""
    of = figures.emergency
    minutes = of.minutes_to_activation
    before, after = SOURCE_MINUTES
    return Section(
        "emergency",
        Both("Storm", "风暴应急"),
        (),
        (
            (Both("Warning level", "预警等级"), of.level or "–"),
            (Both("Warning to activation", "预警到启用"), waiting(minutes)),
            (Both("the source's figure", "原文数据"), f"{before} → {after} min"),
            (Both("Reserve vehicles activated", "启用备用车辆"), str(of.reserve_vehicles)),
            (Both("Offline packs", "离线配送包"), str(of.packs)),
            (Both("Offline deliveries applied", "离线配送入账"), str(of.reconciled_applied)),
            (Both("left open as conflicts", "冲突待处理"), str(of.reconciled_conflicts)),
        ),
        Both(
            "Ours is the machine's part alone, from the warning at the door to the last reserve "
            "vehicle called up; the source's minutes include people.",
            "本系统仅为机器处理时间（收到预警到启用最后一辆备用车），原文数据包含人工环节。",
        ),
    )


def checks(figures: Figures) -> Section:
    """What was tried on purpose, and the stable code that came back."""
    rows: list[tuple[Cell, ...]] = [
        (Both(c.name_en, c.name_zh), c.expected, c.got, _mark(c.passed)) for c in figures.checks
    ]
    columns = (
        Both("Tried on purpose", "故意尝试"),
        Both("Must answer", "应答"),
        Both("Answered", "实答"),
        Both("", ""),
    )
    return Section("checks", Both("Refusals and resends", "拒绝与重发"), columns, tuple(rows))


def audits(figures: Figures) -> Section:
    """Every audit with its verdict."""
    rows: list[tuple[Cell, ...]] = []
    for audit in figures.audits:
        title = Both(f"{audit.guarantee} {audit.title_en}", f"{audit.guarantee} {audit.title_zh}")
        verdict = VERDICTS.get(audit.verdict, Both(f"✗ {audit.verdict}", "未通过"))
        rows.append((title, verdict, str(audit.checked), "; ".join(audit.findings)))
    columns = (
        Both("Guarantee", "保证"),
        Both("Verdict", "结论"),
        Both("Checked", "核对数"),
        Both("Found", "所见"),
    )
    note = Both(*figures.audit_notes)
    return Section("audits", Both("Audits", "审计"), columns, tuple(rows), note)


def surprises(figures: Figures) -> Section:
    """Every answer that nobody expected."""
    rows: tuple[tuple[Cell, ...], ...] = tuple((text, "") for text in figures.surprises)
    nothing: tuple[tuple[Cell, ...], ...] = ((Both("None", "无"), ""),)
    return Section("surprises", Both("Surprises", "意外"), (), rows or nothing)


def _mark(passed: bool) -> Both:
    return Both("✓ pass", "通过") if passed else Both("✗ FAIL", "未通过")
