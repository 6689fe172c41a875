"""Stand-in for the `aws` provider plugin (pulumi-aws 7.51): the resource types the components use, over boto3, on loopback endpoints only.

One entry per resource type (`entry.Entry`) says what is particular to it; check, diff, state and tags are the same code for all.
What an entry does not implement is refused by name, never ignored. Nothing here decides policy, and nothing reaches beyond this machine.

    settings, session     where AWS is: provider inputs, environment, boto3 clients
    schema                what the real provider's schema says of each type (`schema.json`, generated)
    check, diff, state    an input's way: validated and defaulted, compared with the state, read back
    resources/            the entries, one module per AWS service
    invokes, policies     functions
    provider              the gRPC face of it all
"""
