"""Runs LocalStack's Lambda functions as plain processes, with their layers and without Docker.

One execution environment is one child process: AWS's own runtime client (`awslambdaric`) around the handler, served by
a small Lambda Runtime API on loopback. Chosen with LAMBDA_RUNTIME_EXECUTOR=process.
"""
