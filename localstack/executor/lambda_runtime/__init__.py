"""Runs a function as AWS Lambda does: AWS's own runtime client (`awslambdaric`) in a process of its own, its code and
layers unpacked in folders, and the Lambda Runtime API on loopback. LocalStack's functions and the tests of the packages
run on it.
"""
