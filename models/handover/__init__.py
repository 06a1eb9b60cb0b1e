"""A data scientist's folder, turned into a layer of plain data in a process that can do no harm.

`check.check` and `check.install` are its doors.
"""
