"""The local stack: one command runs the whole product on this machine, on an embedded emulator."""
