"""What can go wrong while packages are built; each says what to do."""


class PackageError(Exception):
    """The packages could not be built."""


class WheelsUnavailable(PackageError):
    """A pinned wheel is neither in build/wheels nor to be had for this target."""


class OverBudget(PackageError):
    """A function with its layers is larger than it may be."""
