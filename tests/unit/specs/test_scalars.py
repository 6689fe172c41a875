"""Scalars: what each accepts, what it means, and what it refuses, each case with its reason."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from transom.specs.arn import Arn, KeyArn, PrincipalArn
from transom.specs.base import LabelKey, LabelValue
from transom.specs.scalars import (
    Bool,
    Cidr,
    DailyWindow,
    Duration,
    EnvironmentPrefix,
    Int,
    LooseQuantity,
    MaintenanceWindow,
    Name,
    Quantity,
    Region,
    Storage,
    TagText,
)
from transom.specs.schedule import Cron, TimeZone
from transom.specs.sync import JsonPointer

ACCEPTED = [
    (Bool, True, "true"),
    (Int, 3, "a whole number"),
    (Name, "a", "one letter"),
    (Name, "shop-2", "digits and hyphens inside"),
    (Name, "a" * 63, "63 characters is the most"),
    (EnvironmentPrefix, "ORDERS_2", "capitals, digits, underscores"),
    (TagText, "", "AWS allows an empty tag value"),
    (Duration, "90s", "seconds"),
    (Duration, "1h30m", "several units"),
    (Quantity, "500m", "thousandths"),
    (Quantity, "1.5Gi", "a fraction with a unit"),
    (LooseQuantity, 2, "Kubernetes lets cpu: 2 be written bare"),
    (LooseQuantity, 0.5, "and fractions"),
    (Storage, "2Ti", "tebibytes"),
    (Region, "us-gov-west-1", "regions of other partitions"),
    (MaintenanceWindow, "sun:23:30-mon:00:30", "over midnight into the next day"),
    (DailyWindow, "23:45-00:15", "over midnight"),
    (Cidr, "10.0.0.0/16", "IPv4"),
    (Cidr, "fd00::/8", "IPv6"),
    (Cron, "*/5 * * * *", "every five minutes"),
    (Cron, "0 3 1-7 jan,jul mon", "names of months and days"),
    (Cron, "0 0 * * 7", "Sunday by its other number"),
    (Cron, "@daily", "a word"),
    (TimeZone, "UTC", "needs no database"),
    (TimeZone, "Europe/Berlin", "a zone"),
    (Arn, "arn:aws:s3:::pictures", "without region and account"),
    (Arn, "arn:aws-us-gov:sqs:us-gov-west-1:123456789012:orders", "another partition"),
    (Arn, "arn:aws:iam::aws:policy/ReadOnlyAccess", "an account that is AWS itself"),
    (PrincipalArn, "arn:aws:iam::123456789012:role/path/platform", "a role with a path"),
    (PrincipalArn, "arn:aws-cn:iam::123456789012:user/ada.l+x@example.com", "a user"),
    (KeyArn, "arn:aws:kms:eu-central-1:123456789012:key/mrk-1234abcd12ab34cd", "a key of many regions"),
    (JsonPointer, "/metadata/annotations/example.com~1mode", "an escaped slash"),
    (LabelKey, "app.kubernetes.io/name", "with a prefix"),
    (LabelValue, "", "Kubernetes allows empty label values"),
]

REFUSED = [
    (Bool, "yes", "text is no truth value"),
    (Bool, 1, "nor is a number"),
    (Int, "3", "text is no number"),
    (Int, True, "nor is a truth value"),
    (Int, 3.0, "nor is a fraction, even a round one"),
    (Name, "", "empty"),
    (Name, "Shop", "capitals"),
    (Name, "2shop", "Services must begin with a letter"),
    (Name, "shop-", "ends with a hyphen"),
    (Name, "shop\n", "a line end is not part of a name"),
    (Name, "a" * 64, "too long for a label"),
    (EnvironmentPrefix, "orders", "variables are written in capitals"),
    (EnvironmentPrefix, "2ND", "shells refuse a digit in front"),
    (TagText, "x" * 257, "AWS allows 256 characters"),
    (Duration, "", "empty"),
    (Duration, "90", "no unit: seconds or minutes?"),
    (Duration, "1.5h", "fractions: write 1h30m"),
    (Duration, "-1h", "spans are not negative"),
    (Duration, "1 h", "no blanks"),
    (Duration, 90, "a number has no unit"),
    (Duration, "7d\n", "a line end is not part of it"),
    (Quantity, "1GB", "GB is no unit of Kubernetes"),
    (Quantity, "-1", "negative"),
    (Quantity, "1e3", "exponents are not read here"),
    (LooseQuantity, True, "true is not 1"),
    (Storage, "20G", "volumes are sold in GiB"),
    (Cron, "* * * *", "four fields"),
    (Cron, "* * * * * *", "six fields: Kubernetes has no seconds"),
    (Cron, "61 * * * *", "an hour has 60 minutes"),
    (Cron, "0 0 31 2 *", "a day that never comes"),
    (Cron, "@nightly", "not one of the words"),
    (Cron, "@every 5m", "Kubernetes has no such form"),
    (Cron, "TZ=UTC 0 0 * * *", "the zone has a field of its own"),
    (TimeZone, "Europe/Berln", "a misspelt zone"),
    (TimeZone, "../../etc/passwd", "a way out of the database"),
    (Arn, "arn:aws:s3", "too few parts"),
    (Arn, "arn:azure:s3:::pictures", "another cloud"),
    (Arn, "arn:aws:sqs:eu-central-1:1234:orders", "an account has twelve digits"),
    (PrincipalArn, "arn:aws:s3:::pictures", "not an identity"),
    (PrincipalArn, "arn:aws:iam::123456789012:policy/x", "not an identity either"),
    (PrincipalArn, "arn:aws:iam::123456789012:role/", "a role without a name"),
    (KeyArn, "arn:aws:kms:eu-central-1:123456789012:alias/x", "an alias may be pointed elsewhere"),
    (JsonPointer, "spec/replicas", "no slash in front"),
    (JsonPointer, "/", "nothing named"),
    (JsonPointer, "/a~2", "no such escape"),
    (Storage, "0Gi", "nothing"),
    (Storage, "1.5Gi", "half a GiB"),
    (Region, "EU-Central-1", "capitals"),
    (Region, "frankfurt", "not a code"),
    (MaintenanceWindow, "Sun:03:00-Sun:04:00", "RDS writes days in lower case"),
    (MaintenanceWindow, "sun:24:00-mon:01:00", "there is no hour 24"),
    (MaintenanceWindow, "sun:03:00-sun:03:20", "RDS asks for at least 30 minutes"),
    (DailyWindow, "02:00-02:60", "there is no minute 60"),
    (DailyWindow, "02:00-02:15", "RDS asks for at least 30 minutes"),
    (Cidr, "10.0.0.1/16", "host bits are set"),
    (Cidr, "10.0.0.0", "no range"),
    (LabelKey, "-x", "begins with a hyphen"),
    (LabelValue, "ends-", "ends with a hyphen"),
]


@pytest.mark.parametrize("scalar, value, why", ACCEPTED)
def test_accepts(scalar: Any, value: Any, why: str) -> None:
    """What people rightly write is taken as it was written."""
    assert TypeAdapter(scalar).validate_python(value) == (value if scalar is not LooseQuantity else str(value)), why


@pytest.mark.parametrize("scalar, value, why", REFUSED)
def test_refuses(scalar: Any, value: Any, why: str) -> None:
    """What would be taken for something else later is refused now."""
    with pytest.raises(ValidationError):
        TypeAdapter(scalar).validate_python(value)
    assert why


@pytest.mark.parametrize(
    "text, seconds, days",
    [("90s", 90, 0), ("1h30m", 5400, 0), ("2w", 1209600, 14), ("1d12h", 129600, 1), ("0s", 0, 0), ("36h", 129600, 1)],
)
def test_duration_means(text: str, seconds: int, days: int) -> None:
    """A duration counts whole seconds, and whole days rounded down."""
    duration = Duration.check(text)
    assert (duration.seconds, duration.days) == (seconds, days)


@pytest.mark.parametrize(
    "text, value",
    [("2", Decimal(2)), ("500m", Decimal("0.5")), ("4Gi", Decimal(4 * 2**30)), ("1.5k", Decimal(1500)), ("3T", Decimal(3 * 10**12))],
)
def test_quantity_means(text: str, value: Decimal) -> None:
    """A quantity has the value that Kubernetes gives it."""
    assert Quantity.check(text).value == value


@given(st.integers(min_value=1, max_value=10**6))
def test_storage_counts_gibibytes(number: int) -> None:
    """Gi and Ti come to whole GiB, whatever the size."""
    assert Storage.check(f"{number}Gi").gibibytes == number
    assert Storage.check(f"{number}Ti").gibibytes == number * 1024


@given(st.text(max_size=20))
def test_no_text_breaks_a_scalar(text: str) -> None:
    """Whatever is written, a scalar takes it or says what it wants with an example; it never fails otherwise."""
    for scalar in (Duration, Quantity, Storage, Region, MaintenanceWindow, DailyWindow):
        try:
            said = scalar.check(text)
        except ValueError as error:
            said = str(error)
        assert said == text or f"e.g. {scalar.example}" in said


@pytest.mark.parametrize(
    "scalar, text, words",
    [
        (TimeZone, "Berlin", "did you mean Europe/Berlin?"),
        (TimeZone, "Europe/Belin", "did you mean Europe/Berlin?"),
        (Cron, "* * *", "has 3 fields"),
        (Cron, "0 25 * * *", "bad hour"),
        (Cron, "@dayly", "@daily"),
        (PrincipalArn, "arn:aws:s3:::pictures", 'is of service "s3"'),
        (Arn, "arn:azure:s3:::pictures", "not a partition"),
    ],
)
def test_what_is_wrong_is_said(scalar: Any, text: str, words: str) -> None:
    """The message names the part that is wrong, or what was meant."""
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(scalar).validate_python(text)
    assert words in str(refused.value)


def test_words_for_schedules() -> None:
    """A word stands for five fields."""
    assert TypeAdapter(Cron).validate_python("@weekly").expression == "0 0 * * 0"
