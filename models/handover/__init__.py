"""Turns a data scientist's folder into a layer of plain data. What was handed over is read in a process that can do no harm.

The way in: `check.check` and `check.install`.
"""
