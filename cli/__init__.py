"""The command line, `creditrisk`: one module a command."""
