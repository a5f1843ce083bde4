"""MiniStack, launched with the mends that this product needs of it.

Each module mends one fault and is named after it; `tests/local` tells when upstream no longer
needs it. MiniStack's modules carry no types, hence `Any` for its internals.
"""
