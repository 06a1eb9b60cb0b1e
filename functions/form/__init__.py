"""The form function: the web app behind API Gateway."""
