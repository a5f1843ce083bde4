"""Every way in which something asked of boxes can be told no, with stable codes."""

from linli.kernel.errors import Conflict, Invalid


class BoxNotOut(Conflict):
    """The box is with no resident: still in a store, or returned already."""

    code = "box_not_out"
    title_en = "This box is not out with a resident"
    title_zh = "该循环箱未借出或已归还"


class RetiredBox(Conflict):
    """The box was taken out of use."""

    code = "retired_box"
    title_en = "This box has been retired"
    title_zh = "该循环箱已报废"


class BoxNotInStore(Conflict):
    """The box cannot be handed over, for neither a store nor this order's courier has it."""

    code = "box_not_in_store"
    title_en = "This box is not in a store"
    title_zh = "该循环箱不在门店"


class BoxNotClean(Conflict):
    """The box came back and has not been washed and inspected since."""

    code = "box_not_clean"
    title_en = "This box has not been washed and inspected"
    title_zh = "该循环箱尚未清洗检验"


class BoxMoved(Conflict):
    """The box changed hands at the same moment."""

    code = "box_moved"
    title_en = "This box has just changed hands"
    title_zh = "该循环箱刚刚变更了保管方"


class BoxTaken(Conflict):
    """The id belongs to a box that another store registered."""

    code = "box_taken"
    title_en = "This box is registered at another store"
    title_zh = "该循环箱已由其他门店登记"


class BoxElsewhere(Conflict):
    """The box is not where whoever inspects it could have it."""

    code = "box_elsewhere"
    title_en = "This box is not here to be inspected"
    title_zh = "该循环箱不在此处，无法检验"


class UnknownStore(Invalid):
    """There is no such store."""

    code = "unknown_store"
    title_en = "There is no such store"
    title_zh = "门店不存在"


class UnknownStation(Invalid):
    """There is no such return station."""

    code = "unknown_station"
    title_en = "There is no such return station"
    title_zh = "回收站不存在"


class StationFull(Conflict):
    """The station takes no more; `nearest` names those with room, the nearest first."""

    code = "station_full"
    title_en = "This station is full; others near it have room"
    title_zh = "该回收站已满，请前往附近有空位的回收站"


class StationTaken(Conflict):
    """The station belongs to another community."""

    code = "station_taken"
    title_en = "This station belongs to another community"
    title_zh = "该回收站属于其他社区"


class MachineTaken(Conflict):
    """The return machine was registered by another store."""

    code = "machine_taken"
    title_en = "This machine is registered by another store"
    title_zh = "该回收机已由其他门店登记"


class UnknownClaim(Invalid):
    """Nobody has announced this return: of another box, of a former cycle, too old, or none."""

    code = "unknown_claim"
    title_en = "Nobody has announced this return"
    title_zh = "没有对应的归还登记"


class TooManyReturns(Conflict):
    """The resident has announced as many returns as anybody can carry in a day."""

    code = "too_many_returns"
    title_en = "You have announced too many returns today"
    title_zh = "今日登记的归还次数已达上限"


class FromTheFuture(Invalid):
    """The device's clock is ahead of ours."""

    code = "from_the_future"
    title_en = "The time of the scan is in the future"
    title_zh = "扫描时间晚于当前时间"


class TooOld(Invalid):
    """So long ago that nobody can check it any more."""

    code = "too_old"
    title_en = "The scan is too old"
    title_zh = "扫描时间过早"


class EmptiesGone(Conflict):
    """The pick-up of empties was cancelled, made, or failed already; `state` says which."""

    code = "empties_settled"
    title_en = "This pick-up of empties has ended already"
    title_zh = "该空箱取件已结束"


class EmptiesOnTheWay(Conflict):
    """The pick-up is on a route already."""

    code = "empties_on_route"
    title_en = "A courier is on the way for these boxes already"
    title_zh = "骑手已在取件路上"
