"""Do the tests notice? Small random changes are made to the code, and the tests that run the changed line are run.

`make mutants` draws a sample, prints who was noticed, and writes it into docs/testing.md. The changes are Cosmic Ray's;
which tests run a line is known from one run of the fast suites under coverage, so nothing here names a test file.
"""
