"""Linli (邻里): the rules of a community grocery network, one package per subject."""
