"""The devices' side: topic rule, device policy, topic contract and device programs."""
