"""LocalStack's plug-in that runs its Lambda functions on `lambda_runtime`: LAMBDA_RUNTIME_EXECUTOR=process."""
