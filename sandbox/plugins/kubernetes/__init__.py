"""The stand-in for the `kubernetes` provider plugin: any kind the API server knows, over plain HTTPS, loopback only.

What a program sees must be what the real plugin (pulumi-kubernetes 4.32) does: the same operations, property diffs, replacements,
refusals and drift; a difference is a defect. What the stand-in cannot do it refuses with a message, and never ignores.

    provider     the gRPC methods: each is one straight list of steps over the modules below
    settings     provider arguments -> Settings          kubeconfig   where the API server is and who we are
    credentials  tokens of programs such as `aws eks get-token`
    cluster      the API server, or why there is none    adoption     what a Read knows when it has only an id
    api          HTTPS requests, discovery, API errors   objects      names, annotations and kinds of an object
    normal       inputs in the one form in which they can be compared (quantities, fields without meaning, stringData)
    shape        the part of a live object that the inputs speak of
    difference   two objects -> property diffs           replacement  which of them replace the object
    naming       generated names                         checkpoint   what is kept in the state, and which of it is secret
    writing      create, update, delete                  ownership    server-side apply's field managers
    readiness    is it ready, and if not, who waits for what        waiting  until ready, gone, cancelled or out of time
"""
