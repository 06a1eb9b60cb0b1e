"""The functions, one folder each: entries only; what they share lives in the layers."""
