"""What hosts of Git tell of a push: who may say so, whether it was said before, and which environments read what was pushed.

A push only wakes: what is applied is what the controller then fetches from the sources itself, so nothing of a delivery's content is
believed. Here are pure functions of headers and body, and beside them one small factory of Starlette routes; what a push leads to is handed
in. A delivery that is not from its host, comes again, or is too large is WebhookRefused.
"""
