"""Plans and states as `terraform show -json` writes them, made by rules."""

import json

from . import hcp

PROVIDER = "registry.terraform.io/hashicorp/"


def ami(bucket, version, region="us-east-1"):
    """The image that hcp.complete() tells of for this version."""
    return hcp.builds(bucket, version, (region,))[0]["artifacts"][0]["external_identifier"]


def _data(kind, name, values):
    return {"address": f"data.{kind}.{name}", "mode": "data", "type": kind, "name": name,
            "provider_name": PROVIDER + "hcp", "schema_version": 0,
            "values": {"organization_id": hcp.ORGANIZATION_ID, "project_id": hcp.PROJECT_ID, **values},
            "sensitive_values": {}}


def data_version(name, bucket, version, channel="production", revoke_at="0001-01-01T00:00:00.000Z"):
    known = hcp.version(bucket, version)
    return _data("hcp_packer_version", name, {
        "bucket_name": bucket, "channel_name": channel, "fingerprint": known["fingerprint"], "name": version,
        "id": known["id"], "revoke_at": revoke_at})


def data_artifact(name, bucket, version, channel="production", region="us-east-1", revoke_at=None):
    return _data("hcp_packer_artifact", name, {
        "bucket_name": bucket, "channel_name": channel, "platform": "aws", "region": region,
        "version_fingerprint": hcp.version(bucket, version)["fingerprint"],
        "external_identifier": ami(bucket, version, region), "revoke_at": revoke_at})


def instance(name, image, index=None, region="us-east-1", secret="user-data-stays-here"):
    address = f"aws_instance.{name}" + (f"[{index}]" if index is not None else "")
    return {
        "address": address, "mode": "managed", "type": "aws_instance", "name": name,
        **({"index": index} if index is not None else {}),
        "provider_name": PROVIDER + "aws", "schema_version": 1,
        "values": {"ami": image, "instance_type": "t3.micro", "user_data": secret, "availability_zone": region + "a"},
        "sensitive_values": {}}


def change(before, after, actions):
    one = after or before
    return {
        **{key: one[key] for key in ("address", "mode", "type", "name", "provider_name")},
        **({"index": one["index"]} if "index" in one else {}),
        "change": {"actions": actions, "before": before and before["values"], "after": after and after["values"],
                   "after_unknown": {"id": True} if before is None else {}, "before_sensitive": {},
                   "after_sensitive": {}}}


def module(resources):
    return {"root_module": {"resources": resources}}


def plan(before=(), after=(), data=(), *, errored=False, changes=None):
    """A plan that makes the instances `after` of `before`; `data` was read while planning."""
    old = {one["address"]: one for one in before}
    new = {one["address"]: one for one in after}
    if changes is None:
        changes = []
        for address in sorted({**old, **new}):
            a, b = old.get(address), new.get(address)
            if a and b:
                actions = ["no-op"] if a["values"] == b["values"] else ["delete", "create"]
            else:
                actions = ["create"] if b else ["delete"]
            changes.append(change(a, b, actions))
    return {
        "format_version": "1.2", "terraform_version": "1.11.4",
        "planned_values": module(list(after)), "resource_changes": changes,
        "prior_state": {"format_version": "1.0", "terraform_version": "1.11.4",
                        "values": module(list(data) + list(before))},
        "configuration": {"root_module": {}}, "timestamp": "2026-11-22T07:00:00Z",
        "applyable": True, "complete": not errored, "errored": errored}


def plan_text(*arguments, **options):
    return json.dumps(plan(*arguments, **options), separators=(",", ":")).encode()


def large_plan(size, bucket="fin-payments-images", version="v2"):
    """Pieces of a plan of about so many bytes, never whole in memory: instances of one
    image are created, with a lot of user data, over and over."""
    image = ami(bucket, version)
    padding = "x" * 1500
    block = ",".join(json.dumps(change(None, instance("web", image, secret=f"{padding}{n}"), ["create"])).replace(
        '"aws_instance.web"', f'"aws_instance.web[@-{n}]"') for n in range(100))
    data = json.dumps([data_version("base", bucket, version), data_artifact("base", bucket, version)])
    yield ('{"format_version":"1.2","terraform_version":"1.11.4","prior_state":{"format_version":"1.0","values":'
           '{"root_module":{"resources":' + data + '}}},"configuration":{"root_module":{}},"resource_changes":[').encode()
    sent, number = 0, 0
    while sent < size:
        piece = block.replace("@", str(number)).encode()
        yield (b"," if number else b"") + piece
        sent, number = sent + len(piece), number + 1
    yield b'],"complete":true,"errored":false}'
