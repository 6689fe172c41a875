"""What the API server checks of its own kinds by code, and OpenAPI does not say: limits, words, grammars, and what is truly required.

Each line was found by asking a server: right manifests were changed in one place, and its verdicts compared with those of the bare schemas
(tests/sandbox/test_conformity.py does it again). Source of the rules: k8s.io/kubernetes, pkg/apis/*/validation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Words = Mapping[str, Any]
"""Words of a node that are added to a field's; `items` and `values` hold words of what is inside."""

_PORT = {"minimum": 1, "maximum": 65535}
_NUMBER_OF_PORT = {"minimum": 0, "maximum": 65535}
_ID = {"minimum": 0, "maximum": 2147483647}
_MODE = {"minimum": 0, "maximum": 0o777}
_COUNT = {"minimum": 0}
_POSITIVE = {"minimum": 1}
_SOME = {"minItems": 1}
_LABEL = {"format": "label"}
_SUBDOMAIN = {"format": "subdomain"}
_KEY = {"format": "label-key"}
_PORT_NAME = {"format": "port-name"}
_LABELS = {"names": "label-key", "values": {"format": "label-value"}}
_CONFIG_KEY = {"format": "config-key"}
_ABSOLUTE = {"pattern": "^(/|$)"}
_IP = {"format": "ip"}
_RULE = dict.fromkeys(("apiGroups", "apiVersions", "operations", "resources"), _SOME)
_KEEPS = {"enum": ["Delete", "Retain"]}
_TEXT = {"type": "string"}
_FREE_SELECTOR = {
    "type": "object",
    "properties": {
        "matchLabels": {"type": "object", "additionalProperties": _TEXT},
        "matchExpressions": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["key", "operator"],
                "properties": {"key": _TEXT, "operator": _TEXT, "values": {"type": "array", "items": _TEXT}},
            },
        },
    },
}
"""A label selector that somebody else reads than Kubernetes: its words are free."""
_TRUTH = {"enum": ["False", "True", "Unknown"]}

FIELDS: Mapping[str, Mapping[str, Words]] = {
    # metadata
    "meta.v1.ObjectMeta": {"labels": _LABELS, "finalizers": {"items": _KEY}},
    "meta.v1.LabelSelector": {"matchLabels": _LABELS},
    "meta.v1.LabelSelectorRequirement": {
        "key": _KEY, "operator": {"enum": ["DoesNotExist", "Exists", "In", "NotIn"]}, "values": {"items": {"format": "label-value"}},
    },
    # pods
    "core.v1.PodSpec": {
        "containers": _SOME, "nodeSelector": _LABELS, "serviceAccountName": _SUBDOMAIN, "priorityClassName": _SUBDOMAIN,
        "runtimeClassName": _SUBDOMAIN, "schedulerName": _SUBDOMAIN, "terminationGracePeriodSeconds": _COUNT,
        "activeDeadlineSeconds": {"minimum": 1, "maximum": 2147483647},
    },
    "core.v1.Container": {"name": _LABEL},
    "core.v1.ContainerPort": {"containerPort": _PORT, "hostPort": _NUMBER_OF_PORT, "name": _PORT_NAME},
    "core.v1.ContainerResizePolicy": {
        "resourceName": {"enum": ["cpu", "memory"]}, "restartPolicy": {"enum": ["NotRequired", "RestartContainer"]},
    },
    "core.v1.EnvVar": {"name": {"format": "variable"}},
    "core.v1.ConfigMapKeySelector": {"name": _SUBDOMAIN, "key": _CONFIG_KEY},
    "core.v1.SecretKeySelector": {"name": _SUBDOMAIN, "key": _CONFIG_KEY},
    "core.v1.ConfigMapEnvSource": {"name": _SUBDOMAIN},
    "core.v1.SecretEnvSource": {"name": _SUBDOMAIN},
    "core.v1.ResourceFieldSelector": {
        "resource": {"pattern": r"^(limits|requests)\.(cpu|memory|ephemeral-storage|hugepages-.+)$"},
    },
    "core.v1.ResourceRequirements": {"limits": {"names": "resource"}, "requests": {"names": "resource"}},
    "core.v1.Probe": {
        "initialDelaySeconds": _COUNT, "timeoutSeconds": _COUNT, "periodSeconds": _COUNT, "successThreshold": _COUNT,
        "failureThreshold": _COUNT,
    },
    "core.v1.ExecAction": {"command": _SOME},
    "core.v1.GRPCAction": {"port": _PORT},
    "core.v1.HTTPHeader": {"name": {"pattern": "^[-A-Za-z0-9]+$"}},
    "core.v1.SleepAction": {"seconds": _COUNT},
    "core.v1.PodSecurityContext": {"runAsUser": _ID, "runAsGroup": _ID, "fsGroup": _ID, "supplementalGroups": {"items": _ID}},
    "core.v1.SecurityContext": {"runAsUser": _ID, "runAsGroup": _ID},
    "core.v1.Toleration": {"key": _KEY, "value": {"format": "label-value"}},
    "core.v1.TopologySpreadConstraint": {"maxSkew": _POSITIVE, "minDomains": _POSITIVE},
    "core.v1.NodeSelector": {"nodeSelectorTerms": _SOME},
    "core.v1.PreferredSchedulingTerm": {"weight": {"minimum": 1, "maximum": 100}},
    "core.v1.WeightedPodAffinityTerm": {"weight": {"minimum": 1, "maximum": 100}},
    "core.v1.PodAffinityTerm": {"topologyKey": _KEY, "namespaces": {"items": _LABEL}},
    "core.v1.PodDNSConfig": {"nameservers": {"items": _IP}},
    "core.v1.HostAlias": {"ip": _IP, "hostnames": {"items": _SUBDOMAIN}},
    # volumes
    "core.v1.Volume": {"name": _LABEL},
    "core.v1.ConfigMapVolumeSource": {"defaultMode": _MODE},
    "core.v1.SecretVolumeSource": {"defaultMode": _MODE},
    "core.v1.ProjectedVolumeSource": {"defaultMode": _MODE},
    "core.v1.DownwardAPIVolumeSource": {"defaultMode": _MODE},
    "core.v1.DownwardAPIVolumeFile": {"mode": _MODE},
    "core.v1.KeyToPath": {"mode": _MODE},
    "core.v1.ServiceAccountTokenProjection": {"expirationSeconds": {"minimum": 600}},
    "core.v1.NFSVolumeSource": {"path": _ABSOLUTE},
    "core.v1.PersistentVolumeClaimSpec": {"accessModes": _SOME, "storageClassName": _SUBDOMAIN},
    "core.v1.PersistentVolumeSpec": {"accessModes": _SOME, "storageClassName": _SUBDOMAIN},
    # workloads
    "apps.v1.DeploymentSpec": {
        "replicas": _COUNT, "minReadySeconds": _COUNT, "revisionHistoryLimit": _COUNT, "progressDeadlineSeconds": _COUNT,
    },
    "apps.v1.ReplicaSetSpec": {"replicas": _COUNT, "minReadySeconds": _COUNT},
    "apps.v1.DaemonSetSpec": {"minReadySeconds": _COUNT, "revisionHistoryLimit": _COUNT},
    "apps.v1.StatefulSetSpec": {
        "replicas": _COUNT, "minReadySeconds": _COUNT, "revisionHistoryLimit": _COUNT, "serviceName": _LABEL,
    },
    "apps.v1.StatefulSetOrdinals": {"start": _COUNT},
    "apps.v1.RollingUpdateStatefulSetStrategy": {"partition": _COUNT},
    "apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy": {"whenDeleted": _KEEPS, "whenScaled": _KEEPS},
    "core.v1.ReplicationControllerSpec": {"replicas": _COUNT, "minReadySeconds": _COUNT},
    "batch.v1.JobSpec": dict.fromkeys(
        ("parallelism", "completions", "backoffLimit", "activeDeadlineSeconds", "ttlSecondsAfterFinished"), _COUNT
    ),
    "batch.v1.CronJobSpec": dict.fromkeys(
        ("startingDeadlineSeconds", "successfulJobsHistoryLimit", "failedJobsHistoryLimit"), _COUNT
    ),
    "batch.v1.PodFailurePolicyOnExitCodesRequirement": {"values": _SOME},
    "batch.v1.PodFailurePolicyOnPodConditionsPattern": {"status": _TRUTH},
    "autoscaling.v1.HorizontalPodAutoscalerSpec": {
        "minReplicas": _COUNT, "maxReplicas": _POSITIVE, "targetCPUUtilizationPercentage": _POSITIVE,
    },
    "autoscaling.v2.HorizontalPodAutoscalerSpec": {"minReplicas": _COUNT, "maxReplicas": _POSITIVE},
    "autoscaling.v2.HPAScalingPolicy": {
        "type": {"enum": ["Percent", "Pods"]}, "value": _POSITIVE, "periodSeconds": {"minimum": 1, "maximum": 1800},
    },
    "autoscaling.v2.HPAScalingRules": {
        "selectPolicy": {"enum": ["Disabled", "Max", "Min"]}, "stabilizationWindowSeconds": {"minimum": 0, "maximum": 3600},
        "policies": _SOME,
    },
    "autoscaling.v2.MetricSpec": {"type": {"enum": ["ContainerResource", "External", "Object", "Pods", "Resource"]}},
    "autoscaling.v2.MetricIdentifier": {"selector": {"schema": _FREE_SELECTOR}},
    "autoscaling.v2.MetricTarget": {"type": {"enum": ["AverageValue", "Utilization", "Value"]}, "averageUtilization": _POSITIVE},
    # network
    "core.v1.ServiceSpec": {"selector": _LABELS, "externalName": _SUBDOMAIN, "loadBalancerSourceRanges": {"items": {"format": "cidr"}}},
    "core.v1.ServicePort": {"port": _PORT, "nodePort": _NUMBER_OF_PORT, "name": _LABEL},
    "core.v1.ClientIPConfig": {"timeoutSeconds": {"minimum": 1, "maximum": 86400}},
    "core.v1.EndpointAddress": {"ip": _IP},
    "core.v1.EndpointPort": {"port": _PORT},
    "discovery.v1.Endpoint": {"addresses": _SOME},
    "networking.v1.IngressSpec": {"ingressClassName": {**_SUBDOMAIN, "minLength": 1}},
    "networking.v1.IngressTLS": {"secretName": _SUBDOMAIN},
    "networking.v1.HTTPIngressRuleValue": {"paths": _SOME},
    "networking.v1.IngressServiceBackend": {"name": _LABEL},
    "networking.v1.ServiceBackendPort": {"name": _PORT_NAME, "number": _NUMBER_OF_PORT},
    "networking.v1.IngressClassSpec": {"controller": {"pattern": r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?/[^ ]+$"}},
    # roles, storage, the rest
    "rbac.v1.PolicyRule": {"verbs": _SOME},
    "storage.v1.StorageClass": {},
    "core.v1.TopologySelectorLabelRequirement": {"key": _KEY, "values": _SOME},
    "core.v1.LimitRangeItem": {"type": {"pattern": "^(Pod|Container|PersistentVolumeClaim|.+/.+)$"}},
    "coordination.v1.LeaseSpec": {"leaseDurationSeconds": _POSITIVE},
    "node.v1.RuntimeClass": {"handler": _LABEL},
    "node.v1.Scheduling": {"nodeSelector": _LABELS},
    "admissionregistration.v1.RuleWithOperations": _RULE,
    "admissionregistration.v1.NamedRuleWithOperations": _RULE,
    "admissionregistration.v1.ServiceReference": {"port": _PORT, "path": _ABSOLUTE},
    "admissionregistration.v1.ValidatingWebhook": {
        "name": _SUBDOMAIN, "timeoutSeconds": {"minimum": 1, "maximum": 30}, "admissionReviewVersions": _SOME,
    },
    "admissionregistration.v1.MutatingWebhook": {
        "name": _SUBDOMAIN, "timeoutSeconds": {"minimum": 1, "maximum": 30}, "admissionReviewVersions": _SOME,
    },
    "admissionregistration.v1.ValidatingAdmissionPolicyBindingSpec": {"validationActions": _SOME, "policyName": _SUBDOMAIN},
    "flowcontrol.v1.FlowSchemaSpec": {"matchingPrecedence": {"minimum": 0, "maximum": 10000}},
    "flowcontrol.v1.FlowDistinguisherMethod": {"type": {"enum": ["ByNamespace", "ByUser"]}},
    "flowcontrol.v1.Subject": {"kind": {"enum": ["Group", "ServiceAccount", "User"]}},
    "flowcontrol.v1.PolicyRulesWithSubjects": {"subjects": _SOME},
    "flowcontrol.v1.ResourcePolicyRule": dict.fromkeys(("verbs", "apiGroups", "resources"), _SOME),
    "flowcontrol.v1.PriorityLevelConfigurationReference": {"name": _SUBDOMAIN},
    "apiregistration.v1.APIServiceSpec": {
        "groupPriorityMinimum": {"minimum": 1, "maximum": 20000}, "versionPriority": {"minimum": 1, "maximum": 1000},
    },
    "apiextensions.v1.CustomResourceDefinitionSpec": {"versions": _SOME, "scope": {"enum": ["Cluster", "Namespaced"]}, "group": _SUBDOMAIN},
    "apiextensions.v1.CustomResourceDefinitionNames": {"plural": _LABEL},
    "apiextensions.v1.JSONSchemaProps": {"type": {"enum": ["array", "boolean", "integer", "number", "object", "string"]}},
}  # fmt: skip
"""By the last three parts of a type's name, then by field."""

REQUIRED: Mapping[str, tuple[str, ...]] = {
    **{f"{group}.{kind}": ("spec",) for group, kinds in {
        "core.v1": ("Pod", "PodTemplateSpec", "PersistentVolume", "PersistentVolumeClaim", "ReplicationController"),
        "apps.v1": ("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet"),
        "batch.v1": ("Job", "JobTemplateSpec"),
        "networking.v1": ("IngressClass", "Ingress"),
        "admissionregistration.v1": ("ValidatingAdmissionPolicy",),
        "flowcontrol.v1": ("FlowSchema",),
        "apiregistration.v1": ("APIService",),
    }.items() for kind in kinds},
    "core.v1.PodTemplate": ("template",),
    "core.v1.ReplicationControllerSpec": ("template",),
    "apps.v1.ReplicaSetSpec": ("template",),
    "core.v1.ExecAction": ("command",),
    "core.v1.ConfigMapKeySelector": ("name",),
    "core.v1.SecretKeySelector": ("name",),
    "core.v1.ConfigMapEnvSource": ("name",),
    "core.v1.SecretEnvSource": ("name",),
    "core.v1.ConfigMapProjection": ("name",),
    "core.v1.SecretProjection": ("name",),
    "core.v1.ConfigMapVolumeSource": ("name",),
    "core.v1.SecretVolumeSource": ("secretName",),
    "core.v1.EphemeralVolumeSource": ("volumeClaimTemplate",),
    "core.v1.PersistentVolumeClaimSpec": ("accessModes", "resources"),
    "core.v1.VolumeResourceRequirements": ("requests",),
    "core.v1.PersistentVolumeSpec": ("accessModes", "capacity"),
    "core.v1.PodDNSConfigOption": ("name",),
    "networking.v1.IngressClassSpec": ("controller",),
    "admissionregistration.v1.RuleWithOperations": tuple(_RULE),
    "admissionregistration.v1.NamedRuleWithOperations": tuple(_RULE),
    "admissionregistration.v1.ValidatingAdmissionPolicySpec": ("matchConstraints",),
    "apiregistration.v1.APIServiceSpec": ("group", "version"),
    "apiregistration.v1.ServiceReference": ("namespace", "name"),
}  # fmt: skip
"""Fields that a type must have, beside those that OpenAPI requires."""

OPTIONAL: Mapping[str, tuple[str, ...]] = {
    "core.v1.Sysctl": ("value",),
    "core.v1.HTTPHeader": ("value",),
    "core.v1.SleepAction": ("seconds",),
    "core.v1.PreferredSchedulingTerm": ("preference",),
    "core.v1.LimitRangeSpec": ("limits",),
    "batch.v1.PodFailurePolicy": ("rules",),
    "batch.v1.SuccessPolicy": ("rules",),
    "resource.v1.ResourceClaim": ("spec",),
    "resource.v1.ResourceClaimTemplate": ("spec",),
    "resource.v1.ResourceClaimTemplateSpec": ("spec",),
    **dict.fromkeys(("storage.v1.CSIDriver", "storage.v1.CSINode", "resource.v1.DeviceClass"), ("spec",)),
    "apiextensions.v1.CustomResourceDefinitionVersion": ("served", "storage"),
}
"""Fields that OpenAPI requires and the server does not miss."""


def refined(name: str, schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """A type's schema with what is known of it here; `name` is its name in OpenAPI."""
    short = ".".join(name.split(".")[-3:])
    fields, more, less = FIELDS.get(short, {}), REQUIRED.get(short, ()), OPTIONAL.get(short, ())
    if not (fields or more or less):
        return schema
    properties = {key: _with(inner, fields[key]) if key in fields else inner for key, inner in schema.get("properties", {}).items()}
    required = [key for key in dict.fromkeys((*schema.get("required", ()), *more)) if key not in less and key in properties]
    return {**schema, "properties": properties, "required": required}


def _with(schema: Mapping[str, Any], words: Words) -> dict[str, Any]:
    if "schema" in words:
        return dict(words["schema"])
    out = {**schema, **{word: value for word, value in words.items() if word not in ("items", "values", "names")}}
    if "items" in words:
        out["items"] = _with(schema.get("items", {}), words["items"])
    if "values" in words:
        out["additionalProperties"] = _with(schema.get("additionalProperties", {}), words["values"])
    if "names" in words:
        out["x-names"] = words["names"]
    return out
