"""`iam.getPolicyDocument`: statements in the provider's shape to a JSON policy, without a call to AWS."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Mapping
from typing import Any, Final

from sandbox.plugins.aws.entry import Props, RefusedError

_LISTS: Final = {"actions": "Action", "notActions": "NotAction", "resources": "Resource", "notResources": "NotResource"}
_PRINCIPALS: Final = {"principals": "Principal", "notPrincipals": "NotPrincipal"}
_STATEMENT: Final = frozenset({"sid", "effect", "conditions", *_LISTS, *_PRINCIPALS})


def document(given: Mapping[str, Any]) -> Props:
    """Give `json`, `minifiedJson` and `id` of the policy that the statements and the merged documents amount to.

    Source documents come first and must not repeat a Sid; a statement, then an override document, replaces the one of the same Sid.
    Raises RefusedError for members nobody knows, repeated Sids and documents that are no JSON.
    """
    version = given.get("version") or "2012-10-17"
    merged: Props = {"Version": version}
    if given.get("policyId"):
        merged["Id"] = given["policyId"]
    statements: list[Props] = []
    for text in given.get("sourcePolicyDocuments") or ():
        statements += _statements(text)
    _refuse_repeated(statements)
    own = [_statement(each, version) for each in given.get("statements") or ()]
    _refuse_repeated(own)
    for each in own:
        _override(statements, each)
    for text in given.get("overridePolicyDocuments") or ():
        for each in _statements(text):
            _override(statements, each)
    merged["Statement"] = statements
    shown = json.dumps(merged, indent=2)
    id_ = str(zlib.crc32(shown.encode()))
    return {**given, "id": id_, "json": shown, "minifiedJson": json.dumps(merged, separators=(",", ":")), "version": version}


def _statements(text: str) -> list[Props]:
    if not text:
        return []
    try:
        parsed = json.loads(text)
    except ValueError as error:
        raise RefusedError(f"a merged policy document is no JSON: {error}") from error
    found = parsed.get("Statement") or []
    return list(found) if isinstance(found, list) else [found]


def _refuse_repeated(statements: list[Props]) -> None:
    sids = [each["Sid"] for each in statements if each.get("Sid")]
    repeated = sorted({sid for sid in sids if sids.count(sid) > 1})
    if repeated:
        raise RefusedError(f"duplicate Sid ({', '.join(repeated)})")


def _override(statements: list[Props], come: Props) -> None:
    for index, each in enumerate(statements):
        if come.get("Sid") and each.get("Sid") == come["Sid"]:
            statements[index] = come
            return
    statements.append(come)


def _statement(given: Mapping[str, Any], version: str) -> Props:
    unknown = sorted(given.keys() - _STATEMENT)
    if unknown:
        raise RefusedError(f"a statement has no member {', '.join(map(repr, unknown))}")
    effect = given.get("effect") or "Allow"
    if effect not in {"Allow", "Deny"}:
        raise RefusedError(f'expected statement effect to be one of ["Allow" "Deny"], got {effect}')
    made: Props = {"Sid": given["sid"]} if given.get("sid") else {}
    made["Effect"] = effect
    for name, there in _LISTS.items():
        if given.get(name):
            made[there] = _bare(sorted({_variables(each, version) for each in given[name]}, reverse=True))
    for name, there in _PRINCIPALS.items():
        if given.get(name):
            made[there] = _principals(given[name], version)
    if given.get("conditions"):
        made["Condition"] = _conditions(given["conditions"], version)
    return made


def _variables(text: str, version: str) -> str:
    # `&{aws:username}` stands for `${aws:username}`, which the program's own language would interpolate.
    if version == "2008-10-17" and "&{" in text:
        raise RefusedError("policy variables need version 2012-10-17")
    return re.sub(r"&\{", "${", text)


def _bare(items: list[str]) -> str | list[str]:
    return items[0] if len(items) == 1 else items


def _principals(given: list[Mapping[str, Any]], version: str) -> Any:
    gathered: dict[str, set[str]] = {}
    for each in given:
        gathered.setdefault(each["type"], set()).update(_variables(one, version) for one in each["identifiers"])
    if gathered == {"*": {"*"}}:
        return "*"
    return {kind: _bare(sorted(names, reverse=True)) for kind, names in sorted(gathered.items())}


def _conditions(given: list[Mapping[str, Any]], version: str) -> Props:
    made: dict[str, dict[str, Any]] = {}
    for each in given:
        made.setdefault(each["test"], {})[each["variable"]] = _bare([_variables(value, version) for value in each["values"]])
    return made
