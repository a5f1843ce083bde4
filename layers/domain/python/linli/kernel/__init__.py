"""What all subjects share: ids, money, time, errors, writes, identity, events, geography."""
