"""The one canonical text of a Kubernetes quantity: `2000m` is `2`, `4096Mi` is `4Gi`.

The rules are those of k8s.io/apimachinery/pkg/api/resource: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
"""

from __future__ import annotations

import re
from fractions import Fraction
from math import ceil
from typing import Final

_FORM: Final = re.compile(r"([+-]?)(\d+(?:\.\d*)?|\.\d+)(n|u|m|[kMGTPE]|[KMGTPE]i|[eE][+-]?\d+)?\Z")
_DECIMAL: Final = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY: Final = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}
_DECIMAL_SUFFIX: Final = {exponent: suffix for suffix, exponent in _DECIMAL.items()}
_BINARY_SUFFIX: Final = {0: "", **{times: suffix for suffix, times in _BINARY.items()}}
_FINEST: Final = 10**9  # a quantity is rounded up to whole billionths


def canonical(text: str) -> str:
    """Give the canonical text. Raises ValueError when the text is no quantity."""
    match = _FORM.match(text.strip())
    if match is None:
        raise ValueError("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")
    sign, digits, suffix = match[1], match[2], match[3] or ""
    amount = Fraction(digits) * _factor(suffix)
    amount = Fraction(ceil(amount * _FINEST), _FINEST)
    negative = "-" if sign == "-" and amount else ""
    if suffix in _BINARY and amount >= 1024:  # noqa: PLR2004 - one Ki: less than that is written decimally
        return negative + _binary(ceil(amount))
    return negative + _decimal(amount, exponent_form=bool(suffix) and suffix[0] in "eE" and suffix[1:] != "")


def _factor(suffix: str) -> Fraction:
    if suffix in _BINARY:
        return Fraction(1024) ** _BINARY[suffix]
    if suffix in _DECIMAL:
        return Fraction(10) ** _DECIMAL[suffix]
    return Fraction(10) ** int(suffix[1:])


def _binary(amount: int) -> str:
    times = 0
    while amount % 1024 == 0 and times < max(_BINARY_SUFFIX):
        amount //= 1024
        times += 1
    return f"{amount}{_BINARY_SUFFIX[times]}"


def _decimal(amount: Fraction, *, exponent_form: bool) -> str:
    if not amount:
        return "0"
    exponent = 0
    while amount.denominator != 1:
        amount, exponent = amount * 10, exponent - 1
    mantissa = amount.numerator
    while mantissa % 10 == 0:
        mantissa, exponent = mantissa // 10, exponent + 1
    while exponent % 3:
        mantissa, exponent = mantissa * 10, exponent - 1
    if exponent_form:
        return f"{mantissa}e{exponent}" if exponent else str(mantissa)
    while exponent > max(_DECIMAL_SUFFIX):
        mantissa, exponent = mantissa * 1000, exponent - 3
    return f"{mantissa}{_DECIMAL_SUFFIX[exponent]}"
