"""`python -m cli` is `creditrisk`."""

from cli.main import main

main()
