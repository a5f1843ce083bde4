"""Communities, stores and products over HTTP."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Header, Path, Query
from pydantic import BaseModel

from linli import catalogue
from linli.catalogue import Community, Product, PutCommunity, PutProduct, PutStore, Store
from linli.kernel import door, editing
from linli.kernel.identity import Role
from linli.kernel.ids import CommunityId, Sku, StoreId

app = door.api("catalogue")
door.settings()
IfMatch = Annotated[str | None, Header(alias="If-Match", description="The ETag that you saw")]


class StoreList(BaseModel):
    """The stores of a community."""

    stores: list[Store]


class ProductList(BaseModel):
    """All products."""

    products: list[Product]


@app.put(
    "/v1/communities/<community_id>",
    summary="Set how a community is served",
    tags=["catalogue"],
    responses=door.ok(Community, 404, 412, 428),
)
def put_community(
    community_id: Annotated[CommunityId, Path()],
    settings: PutCommunity,
    if_match: IfMatch = None,
) -> Response[Community]:
    door.caller(app).require(community_id, Role.CITY)
    written, etag = catalogue.put_community(community_id, settings, if_match)
    return door.answer(written, ETag=etag)


@app.get(
    "/v1/communities/<community_id>",
    summary="How a community is served",
    description="The defaults, if the city has set nothing; those need no If-Match to change.",
    tags=["catalogue"],
    responses=door.ok(Community, 404),
)
def read_community(community_id: Annotated[CommunityId, Path()]) -> Response[Community]:
    _let_see(community_id)
    found = catalogue.community_now(community_id, door.settings().pool_metres)
    return door.answer(found, ETag=editing.etag(found))


def _let_see(community_id: str) -> None:
    """Refuse unless the caller serves the community, at its head or in one of its stores."""
    who = door.caller(app)
    stores = {store.store_id for store in catalogue.stores(community_id)}
    if not stores & set(who.places(Role.STORE)):
        who.require(community_id, Role.DISPATCHER, Role.CITY)


@app.put(
    "/v1/stores/<store_id>",
    summary="Register or change a store",
    tags=["catalogue"],
    responses=door.ok(Store, 404, 409, 412, 428),
)
def put_store(
    store_id: Annotated[StoreId, Path()], store: PutStore, if_match: IfMatch = None
) -> Response[Store]:
    door.caller(app).require(store.community_id, Role.CITY)
    written, etag = catalogue.put_store(store_id, store, if_match)
    return door.answer(written, ETag=etag)


@app.get(
    "/v1/stores",
    summary="The stores of a community",
    tags=["catalogue"],
    responses=door.ok(StoreList),
)
def list_stores(community_id: Annotated[CommunityId, Query()]) -> Response[StoreList]:
    return door.answer(StoreList(stores=catalogue.stores(community_id)))


@app.put(
    "/v1/products/<sku>",
    summary="Register or change a product",
    tags=["catalogue"],
    responses=door.ok(Product, 412, 428),
)
def put_product(
    sku: Annotated[Sku, Path()], product: PutProduct, if_match: IfMatch = None
) -> Response[Product]:
    written, etag = catalogue.put_product(sku, product, if_match)
    return door.answer(written, ETag=etag)


@app.get("/v1/products", summary="All products", tags=["catalogue"], responses=door.ok(ProductList))
def list_products() -> Response[ProductList]:
    return door.answer(ProductList(products=catalogue.products()))


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one API Gateway event (payload format 2.0)."""
    return door.serve(app, event, context)
