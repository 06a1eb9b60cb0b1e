"""Scoring: turns applications into probabilities of default, with exactly one active model and its reasons."""

from scoring.loading import load
from scoring.reasons import Reason
from scoring.scorer import Score, Scorer

__all__ = ["Reason", "Score", "Scorer", "load"]
