"""What becomes of a decision: outcomes, performance, retraining, promotion, and the log of who changed what."""
