"""A simulator of WeChat Pay API v3 on loopback: real signatures and encryption, invented money."""
