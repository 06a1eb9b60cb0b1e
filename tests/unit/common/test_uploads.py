"""A file in a bucket is found under the name that it has, however an event writes it."""

from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError

from creditrisk.errors import UnusableFile
from creditrisk.uploads import found


def holding(*names: str, status: int = 404) -> Callable[[str], str]:
    """A bucket with these objects; any other is answered with the status."""

    def look(name: str) -> str:
        if name in names:
            return f"content of {name}"
        raise ClientError({"ResponseMetadata": {"HTTPStatusCode": status}}, "HeadObject")  # type: ignore[typeddict-item]

    return look


@pytest.mark.parametrize(
    ("told", "there"),
    [
        ("bulk/may.csv", "bulk/may.csv"),
        ("bulk/of may.csv", "bulk/of may.csv"),
        ("bulk/of%20may.csv", "bulk/of may.csv"),
        ("bulk/of+may.csv", "bulk/of may.csv"),
        ("bulk/a+b.csv", "bulk/a+b.csv"),
        ("bulk/a%2Bb.csv", "bulk/a+b.csv"),
        ("bulk/S%C3%A3o+Jo%C3%A3o.csv", "bulk/São João.csv"),
        ("bulk/100%25.csv", "bulk/100%.csv"),
        ("bulk/100%25.csv", "bulk/100%25.csv"),
    ],
)
@pytest.mark.parametrize("status", [400, 403, 404])
def test_a_name_is_taken_as_it_is_then_as_an_address_then_as_a_form_writes_it(
    told: str, there: str, status: int
) -> None:
    assert found(told, "bulk", holding(there, status=status)) == (there, f"content of {there}")


def test_of_two_that_it_may_mean_it_is_the_one_that_is_called_so() -> None:
    assert found("a+b.csv", "bulk", holding("a+b.csv", "a b.csv"))[0] == "a+b.csv"


def test_a_file_that_is_gone_is_told_with_where_it_belongs_and_an_outage_is_no_gap() -> None:
    with pytest.raises(UnusableFile, match="put it into outcomes/ once more"):
        found("a.csv", "outcomes", holding())
    with pytest.raises(ClientError):
        found("a.csv", "outcomes", holding(status=503))
