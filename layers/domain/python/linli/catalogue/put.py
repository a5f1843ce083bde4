"""Registering communities, stores and products: sending the same again changes nothing."""

from linli.catalogue import directory
from linli.catalogue.cells import cell_of
from linli.catalogue.model import (
    Community,
    Product,
    PutCommunity,
    PutProduct,
    PutStore,
    Store,
)
from linli.catalogue.rows import (
    COMMUNITIES,
    EMERGENCY_LIST,
    PRODUCTS,
    CommunityRow,
    ListedRow,
    ProductRow,
    StoreRow,
    cell_key,
    community_key,
    store_key,
)
from linli.kernel import editing, reads
from linli.kernel.errors import Conflict, Invalid
from linli.kernel.transact import Transaction, transaction


def put_community(
    community_id: str, command: PutCommunity, if_match: str | None
) -> tuple[Community, str]:
    """
    Set how a community is served; answers it with its ETag.

    Raises:
        Unconditional, Stale: See `kernel.editing`.
    """
    community = Community(community_id=community_id, **command.model_dump())
    new = editing.etag(community)
    row = reads.get(CommunityRow, COMMUNITIES, community_id)
    seen = row.etag if row else None
    if editing.check(seen, new, if_match):
        condition = CommunityRow.etag == seen if seen else CommunityRow.etag.does_not_exist()
        actions = [CommunityRow.body.set(community.model_dump_json()), CommunityRow.etag.set(new)]
        with transaction() as tx:
            known = CommunityRow(COMMUNITIES, community_id)
            tx.update(known, actions, condition=condition, refusal=editing.Stale())
        directory.forget()
    return community, new


def put_store(store_id: str, command: PutStore, if_match: str | None) -> tuple[Store, str]:
    """
    Register or change a store; answers it with its ETag.

    Raises:
        Invalid: The place is not on Earth.
        Conflict: The store belongs to another community.
        Unconditional, Stale: See `kernel.editing`.
    """
    try:
        _ = command.point
    except ValueError as error:
        raise Invalid(str(error)) from None
    store = Store(store_id=store_id, **command.model_dump())
    row = reads.get(StoreRow, store_key(store_id), "STORE")
    before = Store.model_validate_json(row.body) if row else None
    if before and before.community_id != store.community_id:
        raise Conflict("a store stays in its community")
    seen, new = (row.etag if row else None), editing.etag(store)
    if before == store and reads.get(StoreRow, cell_key(cell_of(store.point)), store_key(store_id)):
        return store, str(seen)
    if before == store or editing.check(seen, new, if_match):
        _write_store(store, before, new, seen)
        directory.forget()
    return store, new


def _write_store(store: Store, before: Store | None, new: str, seen: str | None) -> None:
    """Write all copies of a store, and remove the one in the cell that it has left."""
    own = store_key(store.store_id)
    condition = StoreRow.pk.does_not_exist() if seen is None else StoreRow.etag == seen
    body = store.model_dump_json()
    with transaction() as tx:
        tx.put(
            StoreRow(own, "STORE", body=body, etag=new),
            condition=condition,
            refusal=editing.Stale(),
        )
        for partition in (community_key(store.community_id), cell_key(cell_of(store.point))):
            tx.put(StoreRow(partition, own, body=body, etag=new))
        known = CommunityRow(COMMUNITIES, store.community_id)
        tx.update(known, [CommunityRow.has_stores.set(1)])
        if before and cell_of(before.point) != cell_of(store.point):
            tx.delete(StoreRow(cell_key(cell_of(before.point)), own))


def put_product(sku: str, command: PutProduct, if_match: str | None) -> tuple[Product, str]:
    """
    Register or change a product; answers it with its ETag.

    Raises:
        Unconditional, Stale: See `kernel.editing`.
    """
    product = Product(sku=sku, **command.model_dump())
    row = reads.get(ProductRow, PRODUCTS, sku)
    before = Product.model_validate_json(row.body) if row else None
    seen, new = (row.etag if row else None), editing.etag(product)
    if before == product:
        return product, str(seen)
    if editing.check(seen, new, if_match):
        with transaction() as tx:
            _write_product(tx, product, new, seen)
        directory.forget()
    return product, new


def _write_product(tx: Transaction, product: Product, new: str, seen: str | None) -> None:
    condition = ProductRow.pk.does_not_exist() if seen is None else ProductRow.etag == seen
    row = ProductRow(PRODUCTS, product.sku, body=product.model_dump_json(), etag=new)
    tx.put(row, condition=condition, refusal=editing.Stale())
    listed = ListedRow(EMERGENCY_LIST, product.sku)
    if product.emergency:
        tx.put(listed)
    else:
        tx.delete(listed)
