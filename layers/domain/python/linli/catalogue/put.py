"""Registering stores and products: sending the same again changes nothing."""

from linli.catalogue import directory
from linli.catalogue.model import Product, PutProduct, PutStore, Store
from linli.catalogue.rows import PRODUCTS, ProductRow, StoreRow, community_key, store_key
from linli.kernel import editing, reads
from linli.kernel.errors import Conflict, Invalid
from linli.kernel.transact import transaction


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
    new = editing.etag(store)
    row = reads.get(StoreRow, store_key(store_id), "STORE")
    if row and Store.model_validate_json(row.body).community_id != store.community_id:
        raise Conflict("a store stays in its community")
    if editing.check(row.etag if row else None, new, if_match):
        _write_store(store, new, row.etag if row else None)
        directory.forget()
    return store, new


def _write_store(store: Store, new: str, seen: str | None) -> None:
    keys = [
        (store_key(store.store_id), "STORE"),
        (community_key(store.community_id), store_key(store.store_id)),
    ]
    condition = StoreRow.pk.does_not_exist() if seen is None else StoreRow.etag == seen
    with transaction() as tx:
        for pk, sk in keys:
            row = StoreRow(pk, sk, body=store.model_dump_json(), etag=new)
            tx.put(row, condition=condition, refusal=editing.Stale())


def put_product(sku: str, command: PutProduct, if_match: str | None) -> tuple[Product, str]:
    """
    Register or change a product; answers it with its ETag.

    Raises:
        Unconditional, Stale: See `kernel.editing`.
    """
    product = Product(sku=sku, **command.model_dump())
    new = editing.etag(product)
    row = reads.get(ProductRow, PRODUCTS, sku)
    seen = row.etag if row else None
    if editing.check(seen, new, if_match):
        condition = ProductRow.pk.does_not_exist() if seen is None else ProductRow.etag == seen
        with transaction() as tx:
            tx.put(
                ProductRow(PRODUCTS, sku, body=product.model_dump_json(), etag=new),
                condition=condition,
                refusal=editing.Stale(),
            )
    return product, new
