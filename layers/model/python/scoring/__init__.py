"""Scoring: turns applications into probabilities of default, with exactly one active model and what each field contributed."""

from scoring.loading import load
from scoring.scorer import Score, Scorer

__all__ = ["Score", "Scorer", "load"]
