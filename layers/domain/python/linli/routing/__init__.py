"""Routing: a wave's problem, plans for it, their independent check and the heuristics."""
