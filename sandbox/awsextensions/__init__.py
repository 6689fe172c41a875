"""Extensions of moto: operations and fields that its backends do not have, written as one would contribute them.

Nothing here is a copy of AWS: it is what the components' resource types need to be made, read back unchanged, changed and deleted.

    eks             add-ons, access entries, Pod Identity associations, updates of versions and settings
    elasticache     parameter groups, members of replication groups, changes of both
    iam             AWS's own policies, once something asks for one
    rds             replicas and restores that are instances of their own
    cloudtrail      events of what is asked of the other services, and LookupEvents
    rdspending      changes of instances that wait for the maintenance window
    authenticator   what EKS's API servers ask about a bearer token
    controlplanes   which API server of the sandbox stands behind an EKS cluster
"""
