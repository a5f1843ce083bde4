"""The report's part on money and on orders that nobody brings to a door. Pure."""

from local.day.figures import SOURCE_PRESALE, Figures
from local.day.table import Both, Section, percent, yuan


def money(figures: Figures) -> Section:
    """What was paid by phone, and what went back."""
    of = figures.money
    return Section(
        "money",
        Both("Paid by phone", "在线支付"),
        (),
        (
            (Both("Orders paid online", "在线支付订单"), str(of.online_orders)),
            (Both("Captured", "实收"), yuan(of.captured_fen)),
            (Both("Refunds", "退款笔数"), str(of.refunds)),
            (Both("Paid back", "已退款"), yuan(of.refunded_fen)),
            (Both("Declined by the bank, paid again", "银行拒付后重付"), str(of.declined)),
            (Both("Held for review, released", "风控复核后放行"), str(of.held)),
        ),
    )


def counters(figures: Figures) -> Section:
    """Counters, lockers, proxies, presale."""
    of = figures.counters
    return Section(
        "counters",
        Both("Counters, proxies, presale", "自提、代购、预售"),
        (),
        (
            (Both("Collected at a counter or locker", "到店或柜机自提"), str(of.collected)),
            (Both("Units not found when picking", "拣货缺件"), str(of.short_units)),
            (Both("– replaced with consent", "– 其中经同意替代"), str(of.substituted_units)),
            (Both("Ordered for an elder", "代老人下单"), str(of.proxy)),
            (Both("Presale orders for tomorrow", "预售转次日订单"), str(of.presale_orders)),
            (Both("Presale orders paid back", "预售未成团退款"), str(of.presale_refunded)),
            (Both("Presale's share of the week", "预售占比（近一周）"), percent(of.presale_share)),
            (Both("the source's aim", "原文目标"), percent(SOURCE_PRESALE)),
        ),
    )
