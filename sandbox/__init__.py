"""The local cloud: what stands in for AWS, a cluster and the provider plugins on a machine that has none of them.

Here live the toolchain builder, the processes of a sandbox (etcd, API servers, moto) and the stand-in plugins.
Nothing here is part of the product: no other package may import this one, except the command line's `sandbox`, `doctor` and demo verbs.
Everything listens on loopback only, and the stand-in plugins refuse any other address.
"""
