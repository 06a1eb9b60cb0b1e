"""How a model comes to serve: what a data scientist hands over becomes a checked, plain layer."""
