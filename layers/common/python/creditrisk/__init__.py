"""What the form function and the scorer function must agree on."""
