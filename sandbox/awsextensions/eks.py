"""EKS in moto: add-ons, access entries, Pod Identity associations, updates, and clusters that read back as they were asked for.

Source: the Amazon EKS API reference, one method here for each operation that moto 5.2 has not, and an override where it forgets.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sandbox.awsextensions import controlplanes

_ADMIN: Final = "cluster-access-policy/AmazonEKSClusterAdminPolicy"
_KEPT: Final = ["accessConfig", "upgradePolicy", "computeConfig", "storageConfig", "zonalShiftConfig", "deletionProtection"]
"""Settings that CreateCluster and UpdateClusterConfig take and that moto drops."""


@dataclass
class Extras:
    """What a cluster has beside what moto keeps of it. Entries by principal, policies of each by ARN."""

    entries: dict[str, dict[str, Any]] = field(default_factory=dict)
    policies: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    addons: dict[str, dict[str, Any]] = field(default_factory=dict)
    associations: dict[str, dict[str, Any]] = field(default_factory=dict)
    updates: dict[str, dict[str, Any]] = field(default_factory=dict)


def mend() -> None:
    """Puts the operations into moto's EKS. Safe to call twice."""
    from moto.eks import urls
    from moto.eks.responses import EKSResponse

    if hasattr(EKSResponse, "create_addon"):
        return
    urls.url_paths["{0}/clusters/(?P<name>[^/]+)/(?P<rest>.+)$"] = EKSResponse.dispatch
    operations = {name: value for name, value in vars(_Operations).items() if not name.startswith("__")}
    for name, operation in operations.items():
        original = getattr(EKSResponse, name, None)
        if original is not None:
            setattr(EKSResponse, f"_moto_{name}", original)
        setattr(EKSResponse, name, operation)


def extras(cluster: Any) -> Extras:
    """What a cluster of moto has beside what moto keeps."""
    found: Extras = cluster.__dict__.setdefault("_extras", Extras())
    return found


class _Operations:
    """Methods of moto's EKSResponse: `self` is one of it."""

    def create_cluster(self: Any) -> Any:
        from moto.core.responses import ActionResult

        self._moto_create_cluster()
        cluster = self.eks_backend.clusters[self._get_param("name")]
        _complete(self, cluster)
        access = {"authenticationMode": "CONFIG_MAP", "bootstrapClusterCreatorAdminPermissions": True, **(cluster.access_config or {})}
        cluster.access_config = access
        if access["bootstrapClusterCreatorAdminPermissions"]:
            _bootstrap(self, cluster)
        return ActionResult({"cluster": cluster})

    def delete_cluster(self: Any) -> Any:
        cluster = self.eks_backend.describe_cluster(self._get_param("name"))
        if getattr(cluster, "deletion_protection", False):
            raise _refused("InvalidRequestException", f"Cluster {cluster.name} has deletion protection enabled")
        answer = self._moto_delete_cluster()
        _ec2(self).delete_security_group(group_id=cluster.resources_vpc_config["clusterSecurityGroupId"])
        return answer

    def update_cluster_config(self: Any) -> Any:
        cluster = self.eks_backend.describe_cluster(self._get_param("name"))
        vpc = self._get_param("resourcesVpcConfig")
        if vpc:  # what is not named stays as it is
            cluster.resources_vpc_config = {**cluster.resources_vpc_config, **vpc}
        for wire, name in (("logging", "logging"), *((each, _snake(each)) for each in _KEPT)):
            value = self._get_param(wire)
            if value is not None:
                before = getattr(cluster, name, None)
                setattr(cluster, name, {**before, **value} if isinstance(before, dict) and isinstance(value, Mapping) else value)
        return _update(cluster, "ConfigUpdate")

    def update_cluster_version(self: Any) -> Any:
        cluster, wanted = self.eks_backend.describe_cluster(self._get_param("name")), self._get_param("version")
        (major, minor), (wanted_major, wanted_minor) = _numbers(cluster.version), _numbers(wanted)
        # EKS: one minor version at a time, never back (Update existing cluster to new Kubernetes version).
        if (wanted_major, wanted_minor) != (major, minor + 1):
            message = f"Unsupported Kubernetes minor version update from {cluster.version} to {wanted}"
            raise _refused("InvalidParameterException", message)
        cluster.version = wanted
        return _update(cluster, "VersionUpdate")

    def associate_encryption_config(self: Any) -> Any:
        cluster = self.eks_backend.describe_cluster(self._get_param("name"))
        cluster.encryption_config = self._get_param("encryptionConfig")
        return _update(cluster, "AssociateEncryptionConfig")

    def describe_update(self: Any) -> Any:
        from moto.core.responses import ActionResult

        cluster = self.eks_backend.describe_cluster(self._get_param("name"))
        return ActionResult({"update": _known(extras(cluster).updates, self._get_param("updateId"), "update")})

    def create_nodegroup(self: Any) -> Any:
        from moto.core.responses import ActionResult

        self._moto_create_nodegroup()
        cluster = self.eks_backend.clusters[self._get_param("name")]
        group = cluster.nodegroups[self._get_param("nodegroupName")]
        group.version = self._get_param("version") or cluster.version
        group.release_version = self._get_param("releaseVersion") or f"{group.version}.0-20260101"
        group.update_config = self._get_param("updateConfig") or {"maxUnavailable": 1}
        group.node_repair_config = self._get_param("nodeRepairConfig")
        group.remote_access = self._get_param("remoteAccess")
        if group.launch_template:
            group.disk_size = None  # the template says it
        group.taints = group.taints or []
        return ActionResult({"nodegroup": group})

    def update_nodegroup_config(self: Any) -> Any:
        cluster = self.eks_backend.describe_cluster(self._get_param("name"))
        group = self.eks_backend.describe_nodegroup(cluster.name, self._get_param("nodegroupName"))
        size = {**group.scaling_config, **(self._get_param("scalingConfig") or {})}
        if not size["minSize"] <= size["desiredSize"] <= size["maxSize"]:
            bound = "Minimum" if size["minSize"] > size["desiredSize"] else "Maximum"
            told = f"{bound} capacity {size[f'{bound[:3].lower()}Size']} can't be {'greater' if bound == 'Minimum' else 'less'} than"
            raise _refused("InvalidParameterException", f"{told} desired size {size['desiredSize']}")
        return self._moto_update_nodegroup_config()

    def update_nodegroup_version(self: Any) -> Any:
        cluster = self.eks_backend.describe_cluster(self._get_param("name"))
        group = self.eks_backend.describe_nodegroup(cluster.name, self._get_param("nodegroupName"))
        version, template = self._get_param("version"), self._get_param("launchTemplate")
        if version and _numbers(version) > _numbers(cluster.version):
            message = f"Requested Kubernetes version {version} is newer than the control plane's {cluster.version}"
            raise _refused("InvalidParameterException", message)
        if version:
            group.version = version
        if version or self._get_param("releaseVersion"):
            group.release_version = self._get_param("releaseVersion") or f"{group.version}.0-20260101"
        if template:
            group.launch_template = {**(group.launch_template or {}), **template}
        return _update(cluster, "VersionUpdate")

    def create_access_entry(self: Any) -> Any:
        from moto.core.responses import ActionResult

        cluster, principal = self.eks_backend.describe_cluster(self._get_param("name")), self._get_param("principalArn")
        if cluster.access_config["authenticationMode"] == "CONFIG_MAP":
            message = "The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] to perform this operation."
            raise _refused("InvalidRequestException", message)
        if principal in extras(cluster).entries:
            raise _refused("ResourceInUseException", "The specified access entry resource is already in use on this cluster.")
        return ActionResult({"accessEntry": _entry(self, cluster, principal)})

    def describe_access_entry(self: Any) -> Any:
        from moto.core.responses import ActionResult

        return ActionResult({"accessEntry": _its_entry(self)})

    def list_access_entries(self: Any) -> Any:
        from moto.core.responses import ActionResult

        return ActionResult({"accessEntries": sorted(extras(self.eks_backend.describe_cluster(self._get_param("name"))).entries)})

    def update_access_entry(self: Any) -> Any:
        from moto.core.responses import ActionResult

        entry = _its_entry(self)
        if self._get_param("kubernetesGroups") is not None:
            entry["kubernetesGroups"] = self._get_param("kubernetesGroups")
        if self._get_param("username"):
            entry["username"] = self._get_param("username")
        entry["modifiedAt"] = _now()
        return ActionResult({"accessEntry": entry})

    def delete_access_entry(self: Any) -> Any:
        from moto.core.responses import EmptyResult

        entry, more = _its_entry(self), extras(self.eks_backend.describe_cluster(self._get_param("name")))
        del more.entries[entry["principalArn"]]
        more.policies.pop(entry["principalArn"], None)
        return EmptyResult()

    def associate_access_policy(self: Any) -> Any:
        from moto.core.responses import ActionResult

        entry, policy = _its_entry(self), self._get_param("policyArn")
        policies = extras(self.eks_backend.describe_cluster(self._get_param("name"))).policies.setdefault(entry["principalArn"], {})
        scope = self._get_param("accessScope")
        if scope["type"] == "namespace" and not scope.get("namespaces"):
            raise _refused("InvalidParameterException", "The access scope type namespace requires namespaces.")
        policies[policy] = {"policyArn": policy, "accessScope": scope, "associatedAt": _now(), "modifiedAt": _now()}
        named = {"clusterName": entry["clusterName"], "principalArn": entry["principalArn"]}
        return ActionResult({**named, "associatedAccessPolicy": policies[policy]})

    def list_associated_access_policies(self: Any) -> Any:
        from moto.core.responses import ActionResult

        entry = _its_entry(self)
        policies = extras(self.eks_backend.describe_cluster(self._get_param("name"))).policies.get(entry["principalArn"], {})
        named = {"clusterName": entry["clusterName"], "principalArn": entry["principalArn"]}
        return ActionResult({**named, "associatedAccessPolicies": list(policies.values())})

    def disassociate_access_policy(self: Any) -> Any:
        from moto.core.responses import EmptyResult

        entry = _its_entry(self)
        policies = extras(self.eks_backend.describe_cluster(self._get_param("name"))).policies.get(entry["principalArn"], {})
        _known(policies, self._get_param("policyArn"), "associated access policy")
        del policies[self._get_param("policyArn")]
        return EmptyResult()

    def create_addon(self: Any) -> Any:
        from moto.core.responses import ActionResult

        cluster, name = self.eks_backend.describe_cluster(self._get_param("name")), self._get_param("addonName")
        if name in extras(cluster).addons:
            raise _refused("ResourceInUseException", f"Addon already exists: {name}")
        addon = {
            "addonName": name,
            "clusterName": cluster.name,
            "status": "ACTIVE",
            "addonVersion": self._get_param("addonVersion") or "v1.0.0-eksbuild.1",
            "addonArn": _arn(self, f"addon/{cluster.name}/{name}/{uuid.uuid4()}"),
            "createdAt": _now(),
            "modifiedAt": _now(),
            "serviceAccountRoleArn": self._get_param("serviceAccountRoleArn"),
            "configurationValues": self._get_param("configurationValues"),
            "tags": self._get_param("tags") or {},
            "podIdentityAssociations": _of_addon(self, cluster, self._get_param("podIdentityAssociations")),
        }
        extras(cluster).addons[name] = addon
        return ActionResult({"addon": addon})

    def describe_addon(self: Any) -> Any:
        from moto.core.responses import ActionResult

        return ActionResult({"addon": _its_addon(self)})

    def list_addons(self: Any) -> Any:
        from moto.core.responses import ActionResult

        return ActionResult({"addons": sorted(extras(self.eks_backend.describe_cluster(self._get_param("name"))).addons)})

    def update_addon(self: Any) -> Any:
        addon, cluster = _its_addon(self), self.eks_backend.describe_cluster(self._get_param("name"))
        for name in ("addonVersion", "serviceAccountRoleArn", "configurationValues"):
            if self._get_param(name) is not None:
                addon[name] = self._get_param(name)
        if self._get_param("podIdentityAssociations") is not None:
            for arn in addon["podIdentityAssociations"]:
                extras(cluster).associations.pop(arn.rpartition("/")[2], None)
            addon["podIdentityAssociations"] = _of_addon(self, cluster, self._get_param("podIdentityAssociations"))
        addon["modifiedAt"] = _now()
        return _update(cluster, "AddonUpdate")

    def delete_addon(self: Any) -> Any:
        from moto.core.responses import ActionResult

        addon, more = _its_addon(self), extras(self.eks_backend.describe_cluster(self._get_param("name")))
        for arn in addon["podIdentityAssociations"]:
            more.associations.pop(arn.rpartition("/")[2], None)
        return ActionResult({"addon": more.addons.pop(addon["addonName"])})

    def create_pod_identity_association(self: Any) -> Any:
        from moto.core.responses import ActionResult

        cluster = self.eks_backend.describe_cluster(self._get_param("name"))
        wanted = {name: self._get_param(name) for name in ("namespace", "serviceAccount", "roleArn", "tags")}
        return ActionResult({"association": _associate(self, cluster, wanted)})

    def describe_pod_identity_association(self: Any) -> Any:
        from moto.core.responses import ActionResult

        return ActionResult({"association": _its_association(self)})

    def list_pod_identity_associations(self: Any) -> Any:
        from moto.core.responses import ActionResult

        found = extras(self.eks_backend.describe_cluster(self._get_param("name"))).associations.values()
        wanted = {name: self._get_param(name) for name in ("namespace", "serviceAccount") if self._get_param(name)}
        return ActionResult({"associations": [each for each in found if wanted.items() <= each.items()]})

    def update_pod_identity_association(self: Any) -> Any:
        from moto.core.responses import ActionResult

        association = _its_association(self)
        association |= {"roleArn": self._get_param("roleArn") or association["roleArn"], "modifiedAt": _now()}
        return ActionResult({"association": association})

    def delete_pod_identity_association(self: Any) -> Any:
        from moto.core.responses import ActionResult

        association = _its_association(self)
        more = extras(self.eks_backend.describe_cluster(self._get_param("name")))
        return ActionResult({"association": more.associations.pop(association["associationId"])})

    def tag_resource(self: Any) -> Any:
        from moto.core.responses import EmptyResult

        _tags(self).update(self._get_param("tags"))
        return EmptyResult()

    def untag_resource(self: Any) -> Any:
        from moto.core.responses import EmptyResult

        keys, tags = self._get_param("tagKeys"), _tags(self)
        for key in keys if isinstance(keys, list) else [keys]:
            tags.pop(key, None)
        return EmptyResult()

    def list_tags_for_resource(self: Any) -> Any:
        from moto.core.responses import ActionResult

        return ActionResult({"tags": _tags(self)})


def _complete(response: Any, cluster: Any) -> None:
    """Gives a new cluster what moto does not: settings, the VPC and its security group, and a control plane where the sandbox has one."""
    for name in _KEPT:
        setattr(cluster, _snake(name), response._get_param(name))  # noqa: SLF001 - moto's own way to a parameter
    cluster.upgrade_policy = cluster.upgrade_policy or {"supportType": "EXTENDED"}
    cluster.logging = _logging(cluster.logging)
    network = {"ipFamily": "ipv4", "serviceIpv4Cidr": "172.20.0.0/16", **(cluster.kubernetes_network_config or {})}
    cluster.kubernetes_network_config = network
    ec2, given = _ec2(response), cluster.resources_vpc_config
    subnets = ec2.describe_subnets(subnet_ids=given["subnetIds"])
    vpc = subnets[0].vpc_id
    if len({subnet.availability_zone for subnet in subnets}) < 2:  # noqa: PLR2004 - EKS: subnets in at least two zones
        del response.eks_backend.clusters[cluster.name]
        raise _refused("InvalidParameterException", "Subnets specified must be in at least two different AZs")
    name = f"eks-cluster-sg-{cluster.name}-{uuid.uuid4().hex[:10]}"
    group = ec2.create_security_group(name, "EKS created security group applied to ENI that is attached to EKS Control Plane", vpc_id=vpc)
    cluster.resources_vpc_config = {
        "endpointPublicAccess": True,
        "endpointPrivateAccess": False,
        "publicAccessCidrs": ["0.0.0.0/0"],
        "securityGroupIds": [],
        **given,
        "vpcId": vpc,
        "clusterSecurityGroupId": group.id,
    }
    cluster.identity = {"oidc": {"issuer": f"https://oidc.eks.{response.region}.amazonaws.com/id/{uuid.uuid4().hex.upper()}"}}
    plane = controlplanes.find(cluster.name)
    if plane:
        cluster.endpoint, cluster.certificate_authority = plane.endpoint, {"data": plane.authority}


def _logging(given: Any) -> dict[str, Any]:
    """As EKS tells it: what is on, and everything else as off."""
    every = ["api", "audit", "authenticator", "controllerManager", "scheduler"]
    listed = (given or {}).get("clusterLogging") or ()
    on = [kind for kind in every if any(each.get("enabled") and kind in (each.get("types") or ()) for each in listed)]
    halves = (({"types": on, "enabled": True}), {"types": [kind for kind in every if kind not in on], "enabled": False})
    return {"clusterLogging": [half for half in halves if half["types"]]}


def _bootstrap(response: Any, cluster: Any) -> None:
    """The creator's own entry, as EKS makes it."""
    principal = _principal(response)
    if cluster.access_config["authenticationMode"] == "CONFIG_MAP":
        return
    extras(cluster).entries[principal] = _made_entry(response, cluster, principal, {})
    arn = f"arn:{response.eks_backend.partition}:eks::aws:{_ADMIN}"
    policy = {"policyArn": arn, "accessScope": {"type": "cluster"}, "associatedAt": _now(), "modifiedAt": _now()}
    extras(cluster).policies[principal] = {arn: policy}


def _principal(response: Any) -> str:
    """Who calls, as the authenticator will name them."""
    from moto.sts.models import sts_backends

    backend = sts_backends[response.current_account][response.eks_backend.partition]
    who: str = backend.get_caller_identity(response.get_access_key(), response.region)[1]
    return who


def _entry(response: Any, cluster: Any, principal: str) -> dict[str, Any]:
    wanted = {name: response._get_param(name) for name in ("kubernetesGroups", "username", "type", "tags")}  # noqa: SLF001 - moto's own way
    entry = _made_entry(response, cluster, principal, wanted)
    extras(cluster).entries[principal] = entry
    return entry


def _made_entry(response: Any, cluster: Any, principal: str, wanted: Mapping[str, Any]) -> dict[str, Any]:
    kind = principal.split(":", 5)[5]
    return {
        "clusterName": cluster.name,
        "principalArn": principal,
        "kubernetesGroups": wanted.get("kubernetesGroups") or [],
        "accessEntryArn": _arn(response, f"access-entry/{cluster.name}/{kind}/{uuid.uuid4()}"),
        "createdAt": _now(),
        "modifiedAt": _now(),
        "tags": wanted.get("tags") or {},
        "username": wanted.get("username") or principal,
        "type": wanted.get("type") or "STANDARD",
    }


def _associate(response: Any, cluster: Any, wanted: Mapping[str, Any]) -> dict[str, Any]:
    more = extras(cluster).associations
    if any((each["namespace"], each["serviceAccount"]) == (wanted["namespace"], wanted["serviceAccount"]) for each in more.values()):
        raise _refused("ResourceInUseException", "Association already exists for this service account")
    id_ = f"a-{uuid.uuid4().hex[:17]}"
    association = {
        "clusterName": cluster.name,
        "namespace": wanted["namespace"],
        "serviceAccount": wanted["serviceAccount"],
        "roleArn": wanted["roleArn"],
        "associationArn": _arn(response, f"podidentityassociation/{cluster.name}/{id_}"),
        "associationId": id_,
        "tags": wanted.get("tags") or {},
        "createdAt": _now(),
        "modifiedAt": _now(),
    }
    more[id_] = association
    return association


def _of_addon(response: Any, cluster: Any, wanted: Any) -> list[str]:
    """The associations that an add-on brings: their ARNs."""
    made = [_associate(response, cluster, {"namespace": "kube-system", **each}) for each in wanted or ()]
    return [each["associationArn"] for each in made]


def _its_entry(response: Any) -> dict[str, Any]:
    cluster = response.eks_backend.describe_cluster(response._get_param("name"))  # noqa: SLF001 - moto's own way to a parameter
    return _known(extras(cluster).entries, response._get_param("principalArn"), "access entry")  # noqa: SLF001 - as above


def _its_addon(response: Any) -> dict[str, Any]:
    cluster = response.eks_backend.describe_cluster(response._get_param("name"))  # noqa: SLF001 - moto's own way to a parameter
    return _known(extras(cluster).addons, response._get_param("addonName"), "addon")  # noqa: SLF001 - as above


def _its_association(response: Any) -> dict[str, Any]:
    cluster = response.eks_backend.describe_cluster(response._get_param("name"))  # noqa: SLF001 - moto's own way to a parameter
    return _known(extras(cluster).associations, response._get_param("associationId"), "association")  # noqa: SLF001 - as above


def _tags(response: Any) -> dict[str, str]:
    """The tags of whatever an ARN names; changed in place."""
    arn = response._extract_arn_from_path()  # noqa: SLF001 - moto's own way to it
    for cluster in response.eks_backend.clusters.values():
        if cluster.arn == arn:
            return cluster.tags  # type: ignore[no-any-return]
        for group in cluster.nodegroups.values():
            if group.arn == arn:
                return group.tags  # type: ignore[no-any-return]
        more = extras(cluster)
        for listed in (more.entries, more.addons, more.associations):
            for each in listed.values():
                if arn in {each.get("accessEntryArn"), each.get("addonArn"), each.get("associationArn")}:
                    return each["tags"]  # type: ignore[no-any-return]
    raise _refused("ResourceNotFoundException", f"Resource was not found: {arn}")


def _known(listed: Mapping[str, dict[str, Any]], key: str, what: str) -> dict[str, Any]:
    if key not in listed:
        raise _refused("ResourceNotFoundException", f"The specified {what} could not be found: {key}")
    return listed[key]


def _update(cluster: Any, kind: str) -> Any:
    from moto.core.responses import ActionResult

    update = {"id": str(uuid.uuid4()), "status": "Successful", "type": kind, "params": [], "createdAt": _now(), "errors": []}
    extras(cluster).updates[update["id"]] = update
    return ActionResult({"update": update})


def _refused(code: str, message: str) -> Exception:
    from moto.eks import exceptions

    refused: Exception = getattr(exceptions, code)(message=message)
    return refused


def _ec2(response: Any) -> Any:
    from moto.ec2.models import ec2_backends

    return ec2_backends[response.current_account][response.region]


def _arn(response: Any, resource: str) -> str:
    backend = response.eks_backend
    return f"arn:{backend.partition}:eks:{backend.region_name}:{backend.account_id}:{resource}"


def _now() -> Any:
    from moto.core.utils import utcnow

    return utcnow()


def _numbers(version: str) -> tuple[int, int]:
    major, _, minor = version.partition(".")
    return int(major), int(minor)


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
