"""The function zips and layers for AWS Lambda: `python -m deploy.packages`."""
