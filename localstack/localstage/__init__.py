"""The whole system on LocalStack, on this machine and without Docker: started, deployed, checked and taken down."""
