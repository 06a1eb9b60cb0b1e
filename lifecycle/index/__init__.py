"""The index: a database made from the record, that answers what the record alone would answer slowly.

The record (history, outcomes, reviews) is the truth. The index can be deleted at any time, and is made anew from it; the
form and the scorer work without it.
"""
