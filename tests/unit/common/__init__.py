"""What form and scorer agree on: fields, decisions, settings, history."""
