"""A first definition of a lender's portfolio, drafted from a file of past applications and their outcomes."""
