"""An environment as documents for the Pulumi Kubernetes Operator 2.x (https://github.com/pulumi/pulumi-kubernetes-operator).

For those who run that operator instead of a controller of ours. Pure: a catalog and a few words become documents; nothing is asked of a
cluster, and no secret is read: documents name the Secret and the key where one is kept.
"""
