"""A policy: what a probability of default leads to, and which rules come before it. It is data in a file, policy.toml."""
