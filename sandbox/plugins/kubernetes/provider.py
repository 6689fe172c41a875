"""The gRPC methods of the stand-in: what each receives, which modules do the work, what each answers.

The order of the steps and what is done about each failure are those of the real plugin (provider/pkg/provider/provider.go). It is longer
than other modules because the protocol has one class: each method stays next to the ones whose state it shares.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2

from sandbox.plugins import serving, values
from sandbox.plugins.kubernetes import (
    adoption,
    checkpoint,
    cluster,
    difference,
    naming,
    normal,
    objects,
    replacement,
    settings,
    shape,
    waiting,
    writing,
)
from sandbox.plugins.kubernetes.api import Api, ApiError, NoMatchError, UnreachableError
from sandbox.plugins.kubernetes.checkpoint import Checkpoint
from sandbox.plugins.kubernetes.cluster import Cluster
from sandbox.plugins.kubernetes.objects import Kind, Object
from sandbox.plugins.kubernetes.settings import Settings
from sandbox.plugins.kubernetes.waiting import NotReadyError
from sandbox.plugins.serving import InitFailed, PluginError, UnsupportedError

_PACKAGE: Final = "pulumi-kubernetes"
_MANAGER_PREFIX: Final = "pulumi-kubernetes-"
_COMPONENTS: Final = ("kubernetes:helm", "kubernetes:kustomize", "kubernetes:yaml")  # what the real plugin makes of charts and files
_HELM_HOOK: Final = "helm.sh/hook"
_FORGET: Final = (
    "If the cluster was deleted, you can remove this resource from Pulumi state by rerunning the operation with the "
    'PULUMI_K8S_DELETE_UNREACHABLE environment variable set to "true"'
)
_REFUSALS: Final = (ApiError, writing.ConflictError, writing.ExistsError)


class Provider(serving.Servicer):
    """One running plugin, serving one provider resource of a program."""

    def __init__(self) -> None:
        super().__init__(_PACKAGE)
        self._cluster = Cluster(Settings(), None, "the provider was not configured")

    @serving.answering
    def CheckConfig(self, request: Any) -> provider_pb2.CheckResponse:  # noqa: N802 - gRPC's name
        """Refuse every argument that is unknown or beyond the stand-in."""
        arguments = values.decode(request.news)
        is_default = request.urn.rpartition("::")[2].startswith("default")
        found = settings.failures(arguments, default_provider=is_default) + settings.environment_failures(os.environ)
        return serving.check_response(arguments, found)

    @serving.answering
    def DiffConfig(self, request: Any) -> provider_pb2.DiffResponse:  # noqa: N802 - gRPC's name
        """Tell which arguments changed; another cluster replaces everything in the old one."""
        old, new = values.decode(request.olds), values.decode(request.news)
        changed = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
        if not changed:
            return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)
        some = provider_pb2.DiffResponse.DIFF_SOME
        return provider_pb2.DiffResponse(changes=some, diffs=changed, replaces=cluster.replacing_arguments(old, new, changed))

    @serving.answering
    def Configure(self, request: Any) -> provider_pb2.ConfigureResponse:  # noqa: N802 - gRPC's name
        """Read the kubeconfig and connect; a cluster that cannot be reached fails only what needs it."""
        arguments = values.decode(request.args) or _variables(request.variables)
        refused = settings.failures(arguments) + settings.environment_failures(os.environ)
        if refused:
            raise PluginError("; ".join(failure.reason for failure in refused))
        self._cluster = cluster.connect(settings.load(arguments, os.environ), os.environ, Path.home())
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True, supports_autonaming_configuration=True)

    @serving.answering
    def Invoke(self, request: Any) -> provider_pb2.InvokeResponse:  # noqa: N802 - gRPC's name
        """Refuse: rendering YAML, Helm charts and kustomizations is done outside of the plugin here."""
        raise UnsupportedError(f"the function {request.tok} {_beyond()}")

    @serving.answering
    def Call(self, request: Any) -> provider_pb2.CallResponse:  # noqa: N802 - gRPC's name
        """Refuse: no resource of the stand-in has methods."""
        raise UnsupportedError(f"the method {request.tok} {_beyond()}")

    @serving.answering
    def Construct(self, request: Any) -> provider_pb2.ConstructResponse:  # noqa: N802 - gRPC's name
        """Refuse the components that the real plugin holds (Helm charts, kustomizations, YAML files)."""
        raise UnsupportedError(f"the component {request.type} {_beyond()}")

    @serving.answering
    def GetSchema(self, _request: Any) -> provider_pb2.GetSchemaResponse:  # noqa: N802 - gRPC's name
        """Refuse: the package's schema comes with the real plugin only."""
        raise UnsupportedError(f"the schema of the package {_beyond()}")

    @serving.answering
    def Check(self, request: Any) -> provider_pb2.CheckResponse:  # noqa: N802 - gRPC's name
        """Give the inputs in normal form, named and placed in a namespace."""
        token = _type(request)
        if self._cluster.unreachable and self._cluster.settings.skip_update_unreachable:
            self.engine.warn(request.urn, "Cluster is unreachable but skipUpdateUnreachable flag is set to true, skipping...")
            return provider_pb2.CheckResponse(inputs=request.olds)
        kind = _supported(token)
        given = values.decode(request.news)
        raw, old = checkpoint.manifest(given), checkpoint.manifest(values.decode(request.olds))
        inputs = normal.inputs(raw)
        partial = objects.is_patch(token, inputs)
        if partial and not naming.is_named(raw):
            raise PluginError("patch resources require the `.metadata.name` field to be set")
        self._warn_of_annotations(request.urn, inputs)
        inputs = naming.adopted(inputs, old) if old else _named(request, inputs)
        if naming.is_generated_by_server(inputs):
            raise PluginError("the `.metadata.generateName` field is not supported in Server-Side Apply mode")
        if partial:
            kind = replace(kind, kind=kind.kind.removesuffix("Patch"))
        if not objects.nested(inputs, "metadata", "namespace") and self._cluster.namespaced(kind):
            inputs = objects.with_metadata(inputs, namespace=self._cluster.default_namespace)
        return serving.check_response(checkpoint.inputs_of(inputs, given))

    @serving.answering
    def Diff(self, request: Any) -> provider_pb2.DiffResponse:  # noqa: N802 - gRPC's name
        """Compare the live object of the state, as far as the old inputs speak of it, with the new inputs."""
        kept = checkpoint.read(values.decode(request.olds))
        raw = checkpoint.manifest(values.decode(request.news))
        inputs, old_inputs = normal.inputs(raw), normal.inputs(kept.inputs)
        before = shape.pruned(kept.live, old_inputs)
        before, after = self._comparable(before, inputs, kept.live)
        patterns = replacement.IDENTITY
        if not objects.is_patch(_type(request), inputs):
            given = self._cluster.settings
            patterns = replacement.patterns(inputs, config_map_mutable=given.config_map_mutable, secret_mutable=given.secret_mutable)
        changes = difference.without(difference.between(before, after, patterns), request.ignoreChanges)
        replaces = [
            difference.written(path)
            for path, found in changes.items()
            if found.change.replaces or (found.change is difference.Change.DELETE and path == ("metadata",))
        ]
        if self._is_unready_job(request.urn, after, kept.live):
            replaces.append(f'.metadata.annotations["{objects.REPLACE_UNREADY}"]')
        same_place = objects.name(after) == objects.name(kept.live) and objects.namespace(after) == objects.namespace(kept.live)
        return provider_pb2.DiffResponse(
            changes=provider_pb2.DiffResponse.DIFF_SOME if changes or replaces else provider_pb2.DiffResponse.DIFF_NONE,
            replaces=replaces,
            # A new object of the same name cannot be made while the old one is there.
            deleteBeforeReplace=bool(replaces) and naming.is_named(raw) and not objects.annotated(after, objects.AUTONAMED) and same_place,
            detailedDiff={
                difference.written(path): provider_pb2.PropertyDiff(
                    kind=provider_pb2.PropertyDiff.Kind.Value(found.change.name), inputDiff=found.of_inputs
                )
                for path, found in changes.items()
            },
            hasDetailedDiff=True,
        )

    @serving.answering
    def Create(self, request: Any) -> provider_pb2.CreateResponse:  # noqa: N802 - gRPC's name
        """Create the object and wait until it is ready; a preview lets the server try it out where it can."""
        given = values.decode(request.properties)
        inputs, token = checkpoint.manifest(given), _type(request)
        partial = objects.is_patch(token, inputs)
        if request.preview and (partial or not self._cluster.can_try(inputs)):
            return provider_pb2.CreateResponse(properties=request.properties)
        api = self._cluster.reachable()
        manager = checkpoint.field_manager(inputs, "", lambda: naming.unique(_MANAGER_PREFIX))
        try:
            made = self._make(api, inputs, manager, partial=partial, preview=request.preview)
        except NoMatchError as error:
            raise PluginError(
                f'creation of resource "{request.urn}" with kind {objects.kind_of_type(token)} failed because the Kubernetes API server '
                f"reported that the apiVersion for this resource does not exist. Verify that any required CRDs have been created: {error}"
            ) from error
        except _REFUSALS as error:
            if request.preview and _is_untriable(error):
                return provider_pb2.CreateResponse(properties=request.properties)
            raise PluginError(f'resource "{request.urn}" was not successfully created by the Kubernetes API server: {error}') from error
        if request.preview:
            made = {key: value for key, value in made.items() if key != "status"}
            return provider_pb2.CreateResponse(properties=_state(inputs, made, manager, given))
        if objects.is_definition(inputs):
            self._forget(api, inputs)
        made = self._ready(request, inputs, made, None, lambda live: values_of(inputs, live, manager, given))
        return provider_pb2.CreateResponse(id=objects.identity(made), properties=_state(inputs, made, manager, given))

    @serving.answering
    def Read(self, request: Any) -> provider_pb2.ReadResponse:  # noqa: N802 - gRPC's name
        """Give the live object, and as inputs that part of it which the last applied inputs speak of; nothing when it is gone.

        A resource that is only an id yet, in an import or a lookup, gets all of its live fields as inputs.
        """
        api = self._cluster.api
        if api is None:
            return self._read_unreachable(request)
        given, kept = values.decode(request.inputs), checkpoint.read(values.decode(request.properties))
        known = normal.inputs(checkpoint.manifest(given))
        old_inputs = adoption.identified(known, _type(request), kept, request.id)
        live = _live(api, old_inputs, request.id)
        if live is None:
            return provider_pb2.ReadResponse()
        adopting = adoption.is_adopting(known, kept)
        inputs = shape.pruned(live, old_inputs)
        if adopting:
            inputs = adoption.inputs(inputs, live)
        manager = checkpoint.field_manager(old_inputs, kept.field_manager, lambda: naming.unique(_MANAGER_PREFIX))
        initial = kept.initial_api_version or objects.kind(old_inputs).api_version
        state = checkpoint.write(Checkpoint(inputs, live, initial, manager), given)
        shown = checkpoint.inputs_of(inputs, given)
        try:
            if not adopting:
                waiting.check_now(api, old_inputs, live)
        except NotReadyError as error:
            raise InitFailed(str(error), request.id, state, shown, (str(error), *error.reasons)) from error
        return provider_pb2.ReadResponse(id=request.id, properties=values.encode(state), inputs=values.encode(shown))

    @serving.answering
    def Update(self, request: Any) -> provider_pb2.UpdateResponse:  # noqa: N802 - gRPC's name
        """Apply the new inputs over the live object and wait until it is ready; a preview lets the server try it out.

        What fails after the object was found is kept in the state together with the object as it is, as the real plugin does.
        """
        given, kept = values.decode(request.news), checkpoint.read(values.decode(request.olds))
        inputs = normal.inputs(checkpoint.manifest(given))
        if request.preview and not self._cluster.can_try(inputs):
            return provider_pb2.UpdateResponse(properties=request.news)
        api = self._cluster.reachable()
        old_manager = checkpoint.field_manager(kept.inputs, kept.field_manager, lambda: naming.unique(_MANAGER_PREFIX))
        manager = checkpoint.field_manager(inputs, kept.field_manager, lambda: old_manager)
        initial = kept.initial_api_version or objects.text(inputs, "apiVersion")

        def state(live: Object) -> dict[str, Any]:
            return checkpoint.write(Checkpoint(inputs, live, initial, manager), given)

        try:
            before = api.get(objects.kind(inputs), objects.namespace(kept.live), objects.name(kept.live))
        except NoMatchError as error:
            raise PluginError(
                f'update of resource "{request.urn}" failed because the Kubernetes API server reported that the apiVersion for this '
                f"resource does not exist. Verify that any required CRDs have been created: {error}"
            ) from error
        except ApiError as error:
            raise PluginError(f'update of resource "{request.urn}" failed: {error}\nunable to get cluster state: {error}') from error
        how = writing.Apply(manager, self._forced(inputs), request.preview, objects.is_patch(_type(request), inputs))
        try:
            made = writing.update(api, inputs, before, how, request.ignoreChanges)
        except _REFUSALS as error:
            if request.preview and isinstance(error, ApiError) and error.forbidden:
                return provider_pb2.UpdateResponse(properties=request.news)
            current = api.get(objects.kind(before), objects.namespace(before), objects.name(before))
            raise _half_done(f'the Kubernetes API server reported that "{objects.identity(current)}"', error, current, state) from error
        if request.preview:
            return provider_pb2.UpdateResponse(properties=values.encode(state(made)))
        if objects.is_definition(inputs):
            self._forget(api, inputs)
        made = self._ready(request, inputs, made, before, state)
        if old_manager != manager:
            writing.relinquish(api, made, old_manager)
        return provider_pb2.UpdateResponse(properties=values.encode(state(made)))

    @serving.answering
    def Delete(self, request: Any) -> empty_pb2.Empty:  # noqa: N802 - gRPC's name
        """Delete the object with its dependents and wait until it is gone; what is gone already is fine."""
        api, kept = self._cluster.api, checkpoint.read(values.decode(request.properties))
        if api is None:
            self.engine.warn(request.urn, f"configured Kubernetes cluster is unreachable: {self._cluster.unreachable}")
            if self._cluster.settings.delete_unreachable:
                return empty_pb2.Empty()
            raise PluginError(f"configured Kubernetes cluster is unreachable. {_FORGET}")
        _, name = objects.split_identity(request.id)
        try:
            if objects.is_patch(_type(request), kept.inputs):
                writing.relinquish(api, kept.live, checkpoint.field_manager(kept.inputs, kept.field_manager, str))
                return empty_pb2.Empty()
            if not writing.delete(api, kept.live, name, writing.propagation(kept.inputs)):
                return empty_pb2.Empty()
            watch = self._watch(api, request.urn)
            waiting.until_gone(watch, kept.inputs, kept.live, name, request.timeout)
            watch.tell("")
        except NoMatchError:
            return empty_pb2.Empty()
        except NotReadyError as error:
            state = checkpoint.write(replace(kept, live=error.live), values.decode(request.properties))
            raise InitFailed(str(error), objects.identity(error.live), state) from error
        except (ApiError, writing.ConflictError) as error:
            raise PluginError(str(error)) from error
        finally:
            if objects.is_definition(kept.live):
                self._forget(api, kept.live)
        return empty_pb2.Empty()

    def _make(self, api: Api, inputs: Object, manager: str, *, partial: bool, preview: bool) -> Object:
        if partial or self._cluster.settings.upsert:
            force = self._forced(inputs) or preview
            return writing.apply(api, inputs, writing.Apply(manager, force, preview))
        return writing.create(api, inputs, preview=preview, cancelled=self.cancelled)

    def _ready(self, request: Any, inputs: Object, made: Object, before: Object | None, state: Any) -> Object:
        watch = self._watch(self._cluster.reachable(), request.urn)
        try:
            live = waiting.until_ready(watch, inputs, made, request.timeout)
        except NotReadyError as error:
            what = (
                f'resource "{request.urn}" was successfully created, but the Kubernetes API server reported that it'
                if before is None
                else f'the Kubernetes API server reported that "{objects.identity(error.live)}"'
            )
            raise _half_done(what, error, error.live, state) from error
        except (ValueError, ApiError, UnreachableError) as error:
            what = f'resource "{request.urn}" was written, but waiting for it'
            raise _half_done(what, error, made, state) from error
        watch.tell("")
        return live

    def _watch(self, api: Api, urn: str) -> waiting.Watch:
        shown = ""

        def tell(message: str) -> None:
            nonlocal shown
            if message != shown:
                self.engine.status(urn, message)
                shown = message

        return waiting.Watch(api, self.cancelled, tell)

    def _forced(self, inputs: Object) -> bool:
        return objects.annotated(inputs, objects.PATCH_FORCE) or self._cluster.settings.patch_force

    def _comparable(self, before: Object, after: Object, live: Object) -> tuple[Object, Object]:
        """Give both objects without differences that mean nothing: the default namespace, one where there is none, a version."""
        if self._cluster.namespaced(objects.kind(after)):
            before = objects.with_metadata(before, namespace=objects.namespace(before) or "default")
            if (
                objects.nested(after, "metadata", "namespace") is not values.UNKNOWN
                and objects.nested(after, "metadata") is not values.UNKNOWN
            ):
                after = objects.with_metadata(after, namespace=objects.namespace(after) or "default")
        else:
            before = objects.with_metadata(before, namespace="")
            if objects.nested(after, "metadata") is not values.UNKNOWN:
                after = objects.with_metadata(after, namespace="")
        if not objects.kind(before).kind:
            before = {**before, "apiVersion": after.get("apiVersion"), "kind": after.get("kind")}
        before = objects.with_metadata(before, resourceVersion="")
        if objects.name(after):
            before = objects.with_metadata(before, name=objects.name(live))
        return before, after

    def _is_unready_job(self, urn: str, inputs: Object, live: Object) -> bool:
        if not objects.annotated(inputs, objects.REPLACE_UNREADY):
            return False
        api = self._cluster.api
        if api is None or objects.text(inputs, "kind") != "Job":
            self.engine.warn(urn, "replaceUnready annotation is not supported for this resource, or the cluster is unreachable")
            return False
        try:
            waiting.check_now(api, {}, api.get(objects.kind(live), objects.namespace(live), objects.name(live)))
        except NotReadyError:
            return True
        except (ApiError, NoMatchError, UnreachableError):
            return False
        return False

    def _warn_of_annotations(self, urn: str, inputs: Object) -> None:
        for key, value in objects.annotations_of(inputs).items():
            if key.startswith(objects.AUTONAMED):
                self.engine.warn(urn, f'ignoring user-specified value for internal annotation "{key}"')
            if key.startswith(_HELM_HOOK) and "test" in value and not self._cluster.settings.suppress_hook_warnings:
                self.engine.warn(urn, "This resource contains Helm hooks that are not executed; the resource will be created without them.")

    def _read_unreachable(self, request: Any) -> provider_pb2.ReadResponse:
        given = self._cluster.settings
        self.engine.warn(request.urn, f"configured Kubernetes cluster is unreachable: {self._cluster.unreachable}")
        if given.delete_unreachable:
            return provider_pb2.ReadResponse()
        if given.skip_update_unreachable:
            return provider_pb2.ReadResponse(id=request.id, properties=request.properties, inputs=request.inputs)
        raise PluginError(f"failed to read resource state due to unreachable cluster. {_FORGET}")

    def _forget(self, api: Api, definition: Object) -> None:
        group = objects.text(definition, "spec", "group")
        for version in objects.nested(definition, "spec", "versions") or []:
            api.forget(f"{group}/{version.get('name')}")


def values_of(inputs: Object, live: Object, manager: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Give the state of an object just created."""
    return checkpoint.write(Checkpoint(inputs, live, objects.text(inputs, "apiVersion"), manager), given)


def _live(api: Api, inputs: Object, resource_id: str) -> Object | None:
    """Give the live object of the inputs' kind and namespace and the id's name; None when it, or its kind, is gone."""
    _, name = objects.split_identity(resource_id)
    if not name:
        raise PluginError(f"failed to read resource because of a failure to parse resource name from request ID: {resource_id}")
    try:
        return api.get(objects.kind(inputs), objects.namespace(inputs), name)
    except NoMatchError:
        return None
    except ApiError as error:
        if error.not_found:
            return None
        raise PluginError(str(error)) from error
    except UnreachableError as error:
        raise PluginError(f"failed to read resource state: {error}") from error


def _state(inputs: Object, live: Object, manager: str, given: Mapping[str, Any]) -> Any:
    return values.encode(values_of(inputs, live, manager, given))


def _half_done(what: str, error: Exception, live: Object, state: Any) -> InitFailed:
    message = f"{what} failed to fully initialize or become live: {error}"
    return InitFailed(message, objects.identity(live), state(live), reasons=(message, *getattr(error, "reasons", ())))


def _is_untriable(error: Exception) -> bool:
    """Tell whether a preview's refusal says nothing about the real create: it may go through once others have gone before."""
    if isinstance(error, writing.ExistsError):
        return True
    return isinstance(error, ApiError) and (error.forbidden or error.namespace_not_found or error.dry_run_unsupported)


def _variables(variables: Mapping[str, str]) -> dict[str, Any]:
    return {key.removeprefix("kubernetes:config:"): value for key, value in variables.items()}


def _supported(token: str) -> Kind:
    if token.startswith(_COMPONENTS):
        raise UnsupportedError(f"the resource type {token} {_beyond()}")
    kind = objects.kind_of_type(token)
    if normal.is_list(kind):
        raise PluginError(
            "list resources exist for compatibility with YAML manifests and Helm charts, and cannot be created directly. "
            "Use the underlying resource type instead"
        )
    return kind


def _beyond() -> str:
    return (
        "is beyond the sandbox's stand-in for the kubernetes plugin: "
        "install the real plugin with `pulumi plugin install resource kubernetes` and set TRANSOM_PLUGINS=real"
    )


def _type(request: Any) -> str:
    # The type is the last part of the URN's chain of parents' types.
    return str(request.type or request.urn.split("::")[2].rpartition("$")[2])


def _named(request: Any, inputs: Object) -> Object:
    proposal = (request.autonaming.proposed_name, naming.Mode(request.autonaming.mode))
    resource_name = request.name or request.urn.rpartition("::")[2]
    try:
        return naming.generated(inputs, resource_name, request.randomSeed, proposal)
    except ValueError as error:
        raise PluginError(str(error)) from error
