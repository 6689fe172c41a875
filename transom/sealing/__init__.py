"""Secrets that may stand in Git: encrypted for one cluster's key, in the form that Sealed Secrets opens there.

`seal` encrypts, and is pure but for chance; `certificates` gets the key to encrypt for. The form is the project's own
(https://github.com/bitnami-labs/sealed-secrets, docs/developer/crypto.md): what is sealed here its controller opens, and what `kubeseal`
seals may stand beside it. Nothing here ever prints or keeps a value in plain text.
"""
