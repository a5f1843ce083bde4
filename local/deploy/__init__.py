"""Deploys our own template onto the emulator, transformed where the emulator falls short."""
