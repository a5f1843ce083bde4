"""The authorisation matrix: every HTTP route and the roles it opens to. Ownership comes later."""

from typing import Final

from linli.kernel.identity import Role

PUBLIC: Final[frozenset[Role]] = frozenset()
"""No token needed; the template must say so too."""
ANY: Final = frozenset(Role)

_R, _C, _L, _S, _D, _Y, _A = (
    Role.RESIDENT,
    Role.COURIER,
    Role.LEADER,
    Role.STORE,
    Role.DISPATCHER,
    Role.CITY,
    Role.AUDITOR,
)

MATRIX: Final[dict[str, frozenset[Role]]] = {
    # catalogue
    "PUT /v1/communities/{community_id}": frozenset({_Y}),
    "GET /v1/communities/{community_id}": frozenset({_S, _D, _Y}),
    "PUT /v1/stores/{store_id}": frozenset({_Y}),
    "GET /v1/stores": ANY,
    "PUT /v1/products/{sku}": frozenset({_Y}),
    "GET /v1/products": ANY,
    # slots
    "PUT /v1/slots/{slot_id}": frozenset({_D, _Y}),
    "GET /v1/slots": ANY,
    "GET /v1/slots/{slot_id}": ANY,
    "PUT /v1/slot-rules/{community_id}": frozenset({_Y}),
    "GET /v1/slot-rules/{community_id}": ANY,
    # stock
    "GET /v1/availability": ANY,
    "POST /v1/stock/receipts": frozenset({_S}),
    "POST /v1/stock/write-offs": frozenset({_S}),
    "POST /v1/stock/supplier-returns": frozenset({_S}),
    "POST /v1/till-sales": frozenset({_S}),
    "POST /v1/stocktakes": frozenset({_S}),
    "GET /v1/stocktakes": frozenset({_S, _Y}),
    "POST /v1/stocktakes/{stocktake_id}/decide": frozenset({_S, _Y}),
    "GET /v1/transfer-suggestions": frozenset({_D, _Y}),
    "POST /v1/transfers": frozenset({_S, _D, _Y}),
    "GET /v1/transfers": frozenset({_S, _D, _Y}),
    "POST /v1/transfers/{transfer_id}/ship": frozenset({_S}),
    "POST /v1/transfers/{transfer_id}/receive": frozenset({_S}),
    "POST /v1/transfers/{transfer_id}/cancel": frozenset({_S, _D, _Y}),
    "GET /v1/stock/{store_id}": frozenset({_S, _D, _Y}),
    "GET /v1/stock/{store_id}/{sku}/moves": frozenset({_S, _D, _Y}),
    "GET /v1/stock/{store_id}/{sku}/lots": frozenset({_S, _D, _Y}),
    "GET /v1/stock/{store_id}/{sku}/protection": frozenset({_S, _D, _Y}),
    "PUT /v1/stock/{store_id}/{sku}/protection": frozenset({_S}),
    "PUT /v1/stock/{store_id}/{sku}/reserve": frozenset({_D, _Y}),
    # presale
    "PUT /v1/presale-cycles/{cycle_id}": frozenset({_L, _D, _Y}),
    "GET /v1/presale-cycles": ANY,
    "GET /v1/presale-cycles/{cycle_id}": ANY,
    "GET /v1/procurements": frozenset({_L, _S, _D, _Y}),
    "POST /v1/presale-orders": frozenset({_R}),
    "GET /v1/presale-orders/{order_id}": frozenset({_R}),
    "POST /v1/presale-orders/{order_id}/cancel": frozenset({_R}),
    "POST /v1/presale-arrivals": frozenset({_S}),
    # heat
    "GET /v1/heat": frozenset({_L, _D, _Y}),
    "GET /v1/presale-share": frozenset({_L, _D, _Y}),
    # imports
    "POST /v1/imports": frozenset({_S, _Y}),
    "GET /v1/exports/{kind}": frozenset({_S, _D, _Y}),
    # orders
    "POST /v1/orders": frozenset({_R}),
    "GET /v1/orders": frozenset({_R}),
    "GET /v1/orders/{order_id}": frozenset({_R}),
    "POST /v1/orders/{order_id}/cancel": frozenset({_R}),
    "GET /v1/orders/{order_id}/history": frozenset({_R, _S, _D}),
    "POST /v1/orders/{order_id}/change": frozenset({_R}),
    "POST /v1/orders/{order_id}/substitutes": frozenset({_R}),
    "POST /v1/orders/{order_id}/code": frozenset({_R}),
    "POST /v1/orders/{order_id}/collect": frozenset({_R, _S}),
    "POST /v1/quotes": frozenset({_R}),
    "POST /v1/consents": frozenset({_R, _L, _D}),
    "POST /v1/consents/{consent_id}/revoke": frozenset({_R, _L, _D}),
    "GET /v1/picks": frozenset({_S}),
    "POST /v1/picks": frozenset({_S}),
    "POST /v1/hand-overs": frozenset({_S}),
    # payments
    "POST /v1/orders/{order_id}/payments": frozenset({_R}),
    "GET /v1/orders/{order_id}/payments": frozenset({_R}),
    "POST /v1/orders/{order_id}/refunds": frozenset({_D, _S}),
    "GET /v1/payments/held": frozenset({_D}),
    "POST /v1/payments/{attempt_id}/release": frozenset({_D}),
    "POST /v1/payments/{attempt_id}/reject": frozenset({_D}),
    "POST /v1/payments/notifications/wechat": PUBLIC,
    # credit
    "GET /v1/me/credit": frozenset({_R}),
    "POST /v1/deeds": frozenset({_D, _Y}),
    # cases
    "GET /v1/cases": frozenset({_D, _Y}),
    "GET /v1/me/cases": frozenset({_R}),
    "GET /v1/cases/{case_id}": frozenset({_R, _D, _Y}),
    "POST /v1/cases/{case_id}/assign": frozenset({_D, _Y}),
    "POST /v1/cases/{case_id}/decide": frozenset({_D, _Y}),
    # boxes
    "PUT /v1/boxes/{box_id}": frozenset({_S}),
    "GET /v1/boxes/{box_id}": frozenset({_S, _R}),
    "POST /v1/returns": frozenset({_R, _S}),
    "POST /v1/inspections": frozenset({_S}),
    # waves and couriers
    "POST /v1/waves": frozenset({_D}),
    "GET /v1/waves/{wave_id}": frozenset({_D, _Y}),
    "POST /v1/waves/{wave_id}/replans": frozenset({_D}),
    "GET /v1/waves/{wave_id}/replans/{replan_id}": frozenset({_D, _Y}),
    "GET /v1/waves/{wave_id}/offers": frozenset({_D, _Y}),
    "PUT /v1/couriers/me": frozenset({_C}),
    "PUT /v1/couriers/me/documents/{kind}": frozenset({_C}),
    "GET /v1/couriers/documents": frozenset({_C, _D}),
    "POST /v1/couriers/{courier_id}/documents/{kind}/judge": frozenset({_D}),
    "PUT /v1/couriers/me/shifts/{on}": frozenset({_C}),
    "POST /v1/couriers/me/shifts/{on}/end": frozenset({_C}),
    "POST /v1/couriers/{courier_id}/stop": frozenset({_D}),
    "POST /v1/couriers/{courier_id}/resume": frozenset({_D}),
    "GET /v1/alerts": frozenset({_D}),
    "POST /v1/alerts/{alert_id}/close": frozenset({_D}),
    "GET /v1/routes": frozenset({_C}),
    "POST /v1/routes/{route_id}/accept": frozenset({_C}),
    "POST /v1/routes/{route_id}/decline": frozenset({_C}),
    "POST /v1/routes/{route_id}/withdraw": frozenset({_D}),
    "POST /v1/routes/{route_id}/assign": frozenset({_D}),
    "GET /v1/routes/{route_id}": frozenset({_C, _D}),
    "POST /v1/deliveries": frozenset({_C}),
    # sensing
    "PUT /v1/sensors/{thing}": frozenset({_S}),
    "GET /v1/incidents": frozenset({_D, _S, _Y}),
    "POST /v1/incidents/{incident_id}/close": frozenset({_D, _S}),
    # resilience
    "PUT /v1/reserve-vehicles/{vehicle_id}": frozenset({_D, _Y}),
    "POST /v1/warnings": frozenset({_Y}),
    "GET /v1/emergencies/{emergency_id}": frozenset({_Y, _D}),
    "GET /v1/emergencies/{emergency_id}/packs": frozenset({_D, _Y}),
    "POST /v1/emergencies/{emergency_id}/end": frozenset({_Y}),
    "POST /v1/reconciliations": frozenset({_D}),
    # audit and pages
    "GET /v1/audits": frozenset({_A}),
    "GET /v1/openapi.json": PUBLIC,
    "GET /docs": PUBLIC,
}
