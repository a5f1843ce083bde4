"""Linli's optimisation models over OR-Tools. Imports only what each model needs."""
