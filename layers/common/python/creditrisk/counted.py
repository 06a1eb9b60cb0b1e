"""A number with what it counts, as a person says it."""


def counted(number: int, one: str, many: str = "") -> str:
    """ "1 row", "12,345 rows": `one` after 1, else `many`, which is `one` with an s when not given."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"
