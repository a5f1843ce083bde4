"""A neighbourhood's day: real sales become residents' baskets, played through the doors only."""
