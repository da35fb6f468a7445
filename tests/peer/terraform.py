"""Plans and states made by rules, with what they say known beforehand.

A world has apps.  Each has a bucket of its own, the Packer data sources of one generation (in the root module or in
its own), and resources of one type somewhere down the modules, one by one or by count or for_each.  The same world is
written as a plan, as state JSON and as a state file of version 4; `uses()` says what is to be read of it.

`terraform.py FOLDER` writes the documents of the golden readings.
"""

import json
import pathlib
import random
import re
import sys

PROVIDERS = {
    # type: (provider, attribute in the configuration, values around an image's id)
    "aws_instance": ("aws", "ami", lambda i: {"ami": i, "ebs_block_device": [{"snapshot_id": "snap-1"}]}),
    "aws_launch_template": ("aws", "image_id", lambda i: {"image_id": i, "name": "x"}),
    "aws_spot_fleet_request": ("aws", "launch_specification",
                               lambda i: {"launch_specification": [{"ami": i}, {"ami": i, "key_name": ""}]}),
    "azurerm_linux_virtual_machine": ("azurerm", "source_image_id", lambda i: {"source_image_id": i}),
    "azurerm_virtual_machine": ("azurerm", "storage_image_reference",
                                lambda i: {"storage_image_reference": [{"id": i, "offer": ""}]}),
    "google_compute_instance": ("google", "boot_disk",
                                lambda i: {"boot_disk": [{"initialize_params": [{"image": i, "size": 10}]}]}),
    "google_compute_instance_template": ("google", "disk", lambda i: {"disk": [{"boot": True, "source_image": i}]}),
    "vsphere_virtual_machine": ("vsphere", "clone", lambda i: {"clone": [{"template_uuid": i, "timeout": 30}]}),
}
REGIONS = {"aws": ["us-east-1", "eu-west-1"], "azurerm": ["eastus", "westeurope"],
           "google": ["us-central1", "europe-west1"], "vsphere": ["dc-1", "dc-2"]}
PLATFORM = {"aws": "aws", "azurerm": "azure", "google": "gce", "vsphere": "vsphere"}
GENERATIONS = ("artifact", "version+artifact", "image", "iteration+image", "image_iteration")


def index_text(key):
    return "" if key is None else f"[{key}]" if isinstance(key, int) else f"[{json.dumps(key)}]"


def natural(text):
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", text)]


class App:
    """What one app has; all texts follow from its number."""

    def __init__(self, number, rng, **rules):
        self.number = number
        self.type = rules.get("type") or rng.choice(sorted(PROVIDERS))
        self.provider, self.attribute, self.values = PROVIDERS[self.type]
        self.generation = rules.get("generation") or rng.choice(GENERATIONS)
        depth = rules["depth"] if "depth" in rules else rng.randrange(5)
        self.path = [(f"app{number}" if level == 0 else f"part{level}", rng.choice([None, None, 0, 3, "a.b[c]", "eu"]))
                     for level in range(depth)]
        self.own_data = rules["own_data"] if "own_data" in rules else rng.random() < 0.5
        self.regions = REGIONS[self.provider][:rules.get("regions") or rng.choice([1, 1, 2])]
        each = rules.get("each") or rng.choice(["one", "count", "for_each"])
        size = rules.get("size") or rng.choice([1, 2, 3, 12])
        self.keys = [None] if each == "one" else [n if each == "count" else f"k{n}" for n in range(size)]
        # What happens: nothing, the channel moved (and the image is ignored, or replaced), created, destroyed
        self.fate = rules.get("fate") or rng.choice(["stays", "moves", "ignores", "created", "destroyed", "untargeted"])
        self.old, self.new = (12, 12) if self.fate in ("stays", "created") else (12, 13)
        self.bucket = f"bucket-{number}"
        self.channel = rng.choice(["production", "staging"])

    # ---- the registry ----

    def fingerprint(self, version):
        return f"01H{self.number:03}F{version}"

    def version_id(self, version):
        return f"01H{self.number:03}V{version}"

    def image(self, version, region, by_resource=False):
        at = f"{self.number:04}{version:02}{self.regions.index(region):02}"
        if self.provider == "azurerm":
            group = "RG" if by_resource else "rg"
            return f"/subscriptions/s1/resourceGroups/{group}/providers/Microsoft.Compute/images/i{at}"
        if self.provider == "google":
            name = f"image-{at}"
            return f"https://www.googleapis.com/compute/v1/projects/p/global/images/{name}" if by_resource else name
        if self.provider == "vsphere":
            return f"4215ff2a-0000-1111-2222-3333{at}"
        return f"ami-{at}"

    def region_of(self, position):
        return self.regions[position % len(self.regions)]

    # ---- addresses ----

    def module(self, with_index=True):
        return ".".join(f"module.{name}{index_text(key) if with_index else ''}" for name, key in self.path)

    def in_module(self, text, with_index=True):
        module = self.module(with_index)
        return f"{module}.{text}" if module else text

    def instance(self, key):
        return self.in_module(f"{self.type}.node{self.number}{index_text(key)}")

    def data_address(self, text, with_index=True):
        return self.in_module(text, with_index) if self.own_data else text

    # ---- data sources ----

    def data_sources(self, version):
        """(type, name, key, values) of each instance."""
        common = {"bucket_name": self.bucket, "organization_id": "org", "project_id": "prj", "created_at": "2026-01-01",
                  "revoke_at": None}
        name = f"d{self.number}"
        key = (lambda r: r) if len(self.regions) > 1 else (lambda r: None)
        platform = PLATFORM[self.provider]
        found = []
        if self.generation == "version+artifact":
            found.append(("hcp_packer_version", name, None, {
                **common, "channel_name": self.channel, "fingerprint": self.fingerprint(version),
                "id": self.version_id(version), "name": f"v{version}", "revoke_at": "0001-01-01T00:00:00.000Z"}))
        if self.generation == "iteration+image":
            found.append(("hcp_packer_iteration", name, None, {
                **common, "channel": self.channel, "fingerprint": self.fingerprint(version),
                "id": self.version_id(version), "ulid": self.version_id(version)}))
        for region in self.regions:
            own = {**common, "region": region, "id": "ARTIFACT", "build_id": "BUILD", "labels": {"os": "linux"}}
            if "artifact" in self.generation:
                found.append(("hcp_packer_artifact", name, key(region), {
                    **own, "channel_name": self.channel if self.generation == "artifact" else None,
                    "version_fingerprint": self.fingerprint(version), "platform": platform,
                    "external_identifier": self.image(version, region)}))
            elif self.generation in ("image", "iteration+image"):
                found.append(("hcp_packer_image", name, key(region), {
                    **own, "channel": self.channel if self.generation == "image" else None,
                    "iteration_id": self.version_id(version), "cloud_provider": platform,
                    "cloud_image_id": self.image(version, region)}))
        if self.generation == "image_iteration":
            found.append(("hcp_packer_image_iteration", name, None, {
                **common, "channel": self.channel, "id": self.version_id(version), "incremental_version": version,
                "fingerprint": self.fingerprint(version), "builds": [
                    {"cloud_provider": platform, "id": "B", "images": [
                        {"image_id": self.image(version, region), "region": region, "id": "I"} for region in self.regions]}]}))
        return found

    def depends_on(self):
        return sorted({self.data_address(f"data.{kind}.{name}", False) for kind, name, _, _ in self.data_sources(12)})

    # ---- what is known of an image ----

    def known(self, version, region):
        """The fields of a data source that has the image."""
        numbered = self.generation in ("version+artifact", "image_iteration")
        return {
            "bucket": self.bucket, "organization_id": "org", "project_id": "prj", "channel": self.channel,
            "version": f"v{version}" if numbered else None,
            "version_id": None if self.generation == "artifact" else self.version_id(version),
            "fingerprint": None if self.generation == "image" else self.fingerprint(version),
            "external_identifier": self.image(version, region), "platform": PLATFORM[self.provider], "region": region,
        }

    def tied(self, identifier):
        alone = self.generation != "image_iteration"
        return {"bucket": self.bucket, "organization_id": "org", "project_id": "prj", "channel": self.channel,
                "version": None, "version_id": None, "fingerprint": None, "external_identifier": identifier,
                "platform": PLATFORM[self.provider] if alone else None,
                "region": self.regions[0] if alone and len(self.regions) == 1 else None}


class World:
    def __init__(self, rng, count, **rules):
        self.rng = rng
        self.apps = [App(number, rng, **rules) for number in range(count)]

    # ---- what is to be read ----

    def instances(self, planned):
        """(app, key, version it runs, is it made anew) of each."""
        for app in self.apps:
            for position, key in enumerate(app.keys):
                if not planned and app.fate != "created":
                    yield app, key, app.old, False, app.region_of(position)
                if planned and app.fate != "destroyed":
                    version = app.new if app.fate in ("moves", "created") else app.old
                    yield app, key, version, app.fate in ("moves", "created"), app.region_of(position)

    def uses(self, plan):
        found = {}
        explained = set()

        def add(when, by, fields, count, address, provider, kind, fresh):
            identity = (when, by, tuple(sorted((k, v) for k, v in fields.items() if v is not None)))
            use = found.setdefault(identity, {
                "when": when, "by": by, **fields, "revoke_at": None, "provider": provider, "type": kind,
                "address": address, "count": 0, "fresh": False})
            use["count"] += count
            use["fresh"] = use["fresh"] or fresh
            if natural(address) < natural(use["address"]):
                use.update(address=address, type=kind, provider=provider)

        for planned in (False, True) if plan else (False,):
            for app, key, version, fresh, region in self.instances(planned):
                data_version = app.new if plan else app.old
                if version == data_version:
                    fields = app.known(version, region)
                else:
                    fields = app.tied(app.image(version, region, True))
                if planned or not plan:
                    explained.add(app)
                add("planned" if planned else "now", "resource", fields, 1, app.instance(key), app.provider, app.type,
                    fresh)
        everything_goes = plan and all(app.fate == "destroyed" for app in self.apps)
        for app in self.apps:
            if not plan and app.fate == "created" or app in explained or everything_goes:
                continue
            for kind, name, key, _ in app.data_sources(app.new if plan else app.old):
                if kind in ("hcp_packer_version", "hcp_packer_iteration"):
                    continue
                fields = app.known(app.new if plan else app.old, key or app.regions[0])
                if kind == "hcp_packer_image_iteration":
                    fields.update(external_identifier=None, platform=None, region=None)
                add("planned" if plan else "now", "data", fields, 1,
                    app.data_address(f"data.{kind}.{name}{index_text(key)}"), "hcp", kind, False)
        return list(found.values())

    # ---- the documents ----

    def secret(self):
        return f"SECRET-{self.rng.randrange(10**9)}"

    def resource_values(self, app, version, region):
        return {**app.values(app.image(version, region, True)), "user_data": self.secret(), "tags": {"a": "b"},
                "count": 3, "name": "n", "id": self.secret(), "region": self.secret(), "admin": [{"password": self.secret()}]}

    def state_modules(self, plan):
        modules = {}

        def place(app, inside):
            return modules.setdefault(app.module() if inside else "", [])

        for app in self.apps:
            if plan or app.fate != "created":
                for kind, name, key, values in app.data_sources(app.new if plan else app.old):
                    place(app, app.own_data).append(
                        {"address": app.data_address(f"data.{kind}.{name}{index_text(key)}"), "mode": "data", "type": kind,
                         "name": name, **({} if key is None else {"index": key}), "values": values})
        for app, key, version, _, region in self.instances(False):
            place(app, True).append({
                "address": app.instance(key), "mode": "managed", "type": app.type, "name": f"node{app.number}",
                **({} if key is None else {"index": key}), "values": self.resource_values(app, version, region),
                "sensitive_values": {}, "depends_on": app.depends_on()})
        modules.setdefault("", []).append({"address": "null_resource.x", "mode": "managed", "type": "null_resource",
                                           "name": "x", "values": {"ami": "ami-not", "image_id": self.secret()}})
        return modules

    def values(self, plan):
        root = {}
        for module, resources in self.state_modules(plan).items():
            at, whole = root, ""
            for step in re.findall(r'module\.\w+(?:\[(?:"[^"]*"|\d+)\])?', module):
                whole = f"{whole}.{step}" if whole else step
                children = at.setdefault("child_modules", [])
                found = [child for child in children if child["address"] == whole]
                if not found:
                    children.append({"address": whole})
                    found = children[-1:]
                at = found[0]
            at["resources"] = resources
        return {"outputs": {"ami": {"value": "ami-output", "sensitive": True}}, "root_module": root}

    def state(self):
        return {"format_version": "1.0", "terraform_version": "1.11.4", "values": self.values(False)}

    def raw(self):
        resources = {}
        for module, found in self.state_modules(False).items():
            for one in found:
                entry = resources.setdefault((module, one["mode"], one["type"], one["name"]), {
                    **({"module": module} if module else {}), "mode": one["mode"], "type": one["type"],
                    "name": one["name"], "provider": 'provider["registry.terraform.io/x/y"]', "instances": []})
                entry["instances"].append({
                    **({"index_key": one["index"]} if "index" in one else {}), "schema_version": 1,
                    "attributes": one["values"], "sensitive_attributes": [], "private": self.secret(),
                    **({"dependencies": one["depends_on"]} if "depends_on" in one else {})})
        return {"version": 4, "terraform_version": "1.11.4", "serial": 7, "lineage": "l", "outputs": {},
                "resources": list(resources.values()), "check_results": None}

    def changes(self):
        before = {app.instance(key): (version, region) for app, key, version, _, region in self.instances(False)}
        after = {app.instance(key): (version, region) for app, key, version, _, region in self.instances(True)}
        for app in self.apps:
            if app.fate == "untargeted":
                continue
            actions = {"stays": ["no-op"], "ignores": ["update"], "created": ["create"], "destroyed": ["delete"],
                       "moves": self.rng.choice([["delete", "create"], ["create", "delete"]])}[app.fate]
            for key in app.keys:
                address = app.instance(key)
                sides = [self.resource_values(app, *side[address]) if address in side else None
                         for side in (before, after)]
                yield {"address": address, **({"module_address": app.module()} if app.path else {}), "mode": "managed",
                       "type": app.type, "name": f"node{app.number}", **({} if key is None else {"index": key}),
                       "change": {"actions": actions, "before": sides[0], "after": sides[1],
                                  "after_unknown": {"id": True}, "before_sensitive": False, "after_sensitive": {}}}

    def configuration(self):
        root = {"resources": [], "module_calls": {}}
        for app in self.apps:
            artifacts = [kind for kind, _, _, _ in app.data_sources(12)][-1]
            identifier = {"hcp_packer_artifact": "external_identifier", "hcp_packer_image": "cloud_image_id",
                          "hcp_packer_image_iteration": "builds"}[artifacts]
            base = f"data.{artifacts}.d{app.number}"
            reference = [f"{base}.{identifier}", base]
            at = root
            for name, _ in app.path:
                call = at.setdefault("module_calls", {}).setdefault(
                    name, {"source": "./m", "module": {"resources": [], "variables": {"image": {}}}})
                if not app.own_data:
                    call["expressions"] = {"image": {"references": reference if at is root else ["var.image"]}}
                at = call["module"]
            uses = reference if app.own_data or not app.path else ["var.image"]
            expression = {"references": uses}
            if app.attribute in ("launch_specification", "storage_image_reference", "disk", "clone"):
                expression = [{"x": expression, "size": {"constant_value": 1}}]
            elif app.attribute == "boot_disk":
                expression = [{"initialize_params": [{"image": expression}]}]
            at["resources"].append({
                "address": f"{app.type}.node{app.number}", "mode": "managed", "type": app.type, "name": f"node{app.number}",
                "expressions": {app.attribute: expression, "user_data": {"references": ["var.secret"]}}})
            for kind, name in sorted({(kind, name) for kind, name, _, _ in app.data_sources(12)}):
                version = {"hcp_packer_artifact": ("version_fingerprint", "data.hcp_packer_version", "fingerprint"),
                           "hcp_packer_image": ("iteration_id", "data.hcp_packer_iteration", "ulid")}.get(kind)
                expressions = {"bucket_name": {"constant_value": app.bucket}}
                if version and "+" in app.generation:
                    expressions[version[0]] = {"references": [f"{version[1]}.{name}.{version[2]}", f"{version[1]}.{name}"]}
                (at if app.own_data else root)["resources"].append(
                    {"address": f"data.{kind}.{name}", "mode": "data", "type": kind, "name": name, "expressions": expressions})
        return {"provider_config": {}, "root_module": root}

    def plan(self):
        changes = list(self.changes())
        return {"format_version": "1.2", "terraform_version": "1.11.4", "variables": {"x": {"value": self.secret()}},
                "planned_values": {"root_module": {"resources": [
                    {"address": "aws_instance.planned_values_are_not_read", "mode": "managed", "type": "aws_instance",
                     "values": {"ami": "ami-not"}}]}},
                "resource_changes": changes,
                "prior_state": {"format_version": "1.0", "terraform_version": "1.11.4", "values": self.values(True)},
                "configuration": self.configuration(), "timestamp": "2026-11-21T19:46:23Z", "applyable": True,
                "complete": True, "errored": False}


def shuffled(value, rng):
    """The same with all keys in another order."""
    if isinstance(value, dict):
        items = list(value.items())
        rng.shuffle(items)
        return {key: shuffled(item, rng) for key, item in items}
    return [shuffled(item, rng) for item in value] if isinstance(value, list) else value


GOLDEN = {
    "aws_count": dict(type="aws_instance", generation="version+artifact", depth=0, own_data=False, each="count",
                      size=3, fate="moves", regions=1),
    "aws_for_each_in_modules": dict(type="aws_launch_template", generation="artifact", depth=2, own_data=False,
                                    each="for_each", size=2, fate="ignores", regions=1),
    "azure_created": dict(type="azurerm_linux_virtual_machine", generation="version+artifact", depth=1, own_data=True,
                          each="one", fate="created", regions=1),
    "google_self_links": dict(type="google_compute_instance", generation="version+artifact", depth=0, each="count",
                              size=2, fate="stays", regions=2),
    "iteration_and_image": dict(type="aws_instance", generation="iteration+image", depth=1, own_data=True, each="one",
                                fate="moves", regions=1),
    "image_iteration": dict(type="google_compute_instance_template", generation="image_iteration", depth=0,
                            each="one", fate="stays", regions=2),
    "vsphere_untargeted": dict(type="vsphere_virtual_machine", generation="artifact", depth=0, each="for_each", size=2,
                               fate="untargeted", regions=1),
}


def main():
    folder = pathlib.Path(sys.argv[1])
    for number, (name, rules) in enumerate(sorted(GOLDEN.items())):
        world = World(random.Random(number), 1, **rules)
        for form in ("plan", "state", "raw"):
            if form != "plan" and rules["fate"] == "created":
                continue
            case = folder / f"{name}_{form}"
            case.mkdir(parents=True, exist_ok=True)
            document = getattr(world, form)()
            (case / "document.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
