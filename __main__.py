"""The Pulumi program: the stack is the environment."""

from stacks.environment import run

run()
