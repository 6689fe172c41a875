"""What an application says of its manifests: where they lie, and which images they get."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from transom.specs.base import Spec
from transom.specs.scalars import Name


class FolderSpec(Spec):
    """A folder of one of the environment's sources."""

    name: Name | None = None
    """Name of the source; the one that this document lies in when left out."""
    path: str = Field(min_length=1)
    """Folder below the source's own; its `overlays/ENV` or `base` is taken where there is one."""

    @model_validator(mode="after")
    def _stays_inside(self) -> FolderSpec:
        if self.path.startswith("/") or ".." in self.path.split("/"):
            raise ValueError(f'path "{self.path}" leads out of the source; write a folder below it, without a / in front and without ..')
        return self


class ImageSpec(Spec):
    """Another name, tag or digest for an image, as a kustomization's `images` has it."""

    model_config = ConfigDict(json_schema_extra={"anyOf": [{"required": [field]} for field in ("newName", "newTag", "digest")]})

    name: str = Field(min_length=1)
    """The image as the manifests name it, without tag and digest."""
    new_name: str | None = Field(default=None, min_length=1)
    """Where it comes from instead."""
    new_tag: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$")] | None = None
    """Its tag, in quotes where it looks like a number."""
    digest: Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")] | None = None
    """Its digest, instead of a tag."""

    @model_validator(mode="after")
    def _says_something(self) -> ImageSpec:
        if self.new_name is None and self.new_tag is None and self.digest is None:
            raise ValueError(f"name {self.name} changes nothing; write newName, newTag or digest")
        if self.new_tag and self.digest:
            raise ValueError(f"newTag {self.new_tag} and digest say two images; write one of them")
        if "@" in self.name or ":" in self.name.rpartition("/")[2]:
            raise ValueError(f'name "{self.name}" has a tag or a digest; write the name alone')
        return self

    def replaced(self, image: str) -> str | None:
        """What `image` becomes; None when it is another one."""
        head, at, _ = image.partition("@")
        folder, slash, last = head.rpartition("/")
        base, colon, tag = last.partition(":")
        if folder + slash + base != self.name:
            return None
        name = self.new_name or self.name
        if self.digest:
            return f"{name}@{self.digest}"
        if self.new_tag:
            return f"{name}:{self.new_tag}"
        return name + colon + tag + (image[len(head) :] if at else "")
