"""What holds data: types whose deletion or replacement loses something that no run brings back."""

from __future__ import annotations

DELETION = frozenset(
    {
        "kubernetes:core/v1:Namespace",  # and everything in it
        "kubernetes:core/v1:PersistentVolume",
        "kubernetes:core/v1:PersistentVolumeClaim",
        "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition",  # and every object of that kind
        "aws:kms/key:Key",  # and everything encrypted with it
        "aws:sqs/queue:Queue",  # and the messages in it
    }
)
"""Types that nothing else protects. Databases, buckets and the like are protected in the state until their document releases them: a
deletion of one that is not protected any more was allowed already."""

REPLACEMENT = DELETION | frozenset(
    {
        "aws:rds/instance:Instance",
        "aws:rds/cluster:Cluster",
        "aws:s3/bucket:Bucket",
        "aws:dynamodb/table:Table",
        "aws:elasticache/replicationGroup:ReplicationGroup",
        "aws:efs/fileSystem:FileSystem",
        "aws:ec2/vpc:Vpc",
        "aws:eks/cluster:Cluster",
        "aws:secretsmanager/secret:Secret",
    }
)
"""Types whose replacement loses what they hold."""
