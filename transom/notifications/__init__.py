"""What happened in the controller is told to people and to hosts of Git, where an environment's document asks for it.

`quiet` decides what is worth a word, `messages` writes it, `places` carries it, and `pump` leads events from one to the other and keeps a
record of each delivery. Only the model and the seam of `transom.controller` are known here, nothing of its loop.
"""
