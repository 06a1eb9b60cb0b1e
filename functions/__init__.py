"""The two functions: entries only; what they share lives in the layers."""
