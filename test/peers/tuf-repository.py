"""Makes TUF repositories with python-tuf, for tuf.test.ts: python-tuf tuf-repository.py OUT TARGET.

OUT/root.json is the first root. OUT/<layout>/<state>/ is what a server has: four ways to name one target, trusted_root.json, each as it
should be (`good`), one version later (`later`), and with one thing wrong. The root is at version 3: first its own keys were replaced, then
those of the other roles.
"""

import copy
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import (
    DelegatedRole,
    Delegations,
    Metadata,
    MetaFile,
    Root,
    Snapshot,
    SuccinctRoles,
    TargetFile,
    Targets,
    Timestamp,
)
from tuf.api.serialization.json import JSONSerializer

OUT, TARGET = Path(sys.argv[1]), Path(sys.argv[2]).read_bytes()
NAME = "trusted_root.json"
NOW = datetime.now(timezone.utc).replace(microsecond=0)
LATER, PAST = NOW + timedelta(days=30), NOW - timedelta(days=1)

old_root, *new_root = [CryptoSigner.generate_ecdsa(), CryptoSigner.generate_ed25519(), CryptoSigner.generate_rsa()]
old_online, online = CryptoSigner.generate_ed25519(), CryptoSigner.generate_ecdsa()
owners = [CryptoSigner.generate_ecdsa(), CryptoSigner.generate_rsa()]
delegate, stranger = CryptoSigner.generate_ed25519(), CryptoSigner.generate_ed25519()


def make_roots():
    """Three versions: one root key; two others in its place; other keys for all that is below, two of them for the targets."""
    root = Root(version=1, expires=LATER, consistent_snapshot=True)
    root.add_key(old_root.public_key, "root")
    for role in ("targets", "snapshot", "timestamp"):
        root.add_key(old_online.public_key, role)
    first = signed(copy.deepcopy(root), [old_root])
    root.version = 2
    root.revoke_key(old_root.public_key.keyid, "root")
    for signer in new_root:
        root.add_key(signer.public_key, "root")
    root.roles["root"].threshold = 2
    second = signed(copy.deepcopy(root), [old_root, *new_root])
    root.version = 3
    for role in ("targets", "snapshot", "timestamp"):
        root.revoke_key(old_online.public_key.keyid, role)
    for role in ("snapshot", "timestamp"):
        root.add_key(online.public_key, role)
    for signer in owners:
        root.add_key(signer.public_key, "targets")
    root.roles["targets"].threshold = 2
    return [first, second, signed(root, new_root)]


def signed(content, signers):
    metadata = Metadata(content)
    for signer in signers:
        metadata.sign(signer, append=True)
    return metadata


def bytes_of(metadata):
    return metadata.to_bytes(JSONSerializer())


def target_file():
    return TargetFile.from_data(NAME, TARGET, ["sha256", "sha512"])


def roles_of(layout, version, delegate_expires):
    """The targets at the top, unsigned, and every delegated role by name."""
    top = Targets(version=version, expires=LATER)
    other = Targets(version=version, expires=LATER)
    knowing = Targets(version=version, expires=delegate_expires, targets={NAME: target_file()})
    keys = {delegate.public_key.keyid: delegate.public_key}
    ids = list(keys)
    if layout == "top":
        top.targets[NAME] = target_file()
        return top, {}
    if layout == "paths":
        roles = {
            "packages": DelegatedRole("packages", ids, 1, False, paths=["packages.example/*"]),
            "near": DelegatedRole("near", ids, 1, False, paths=["trusted_????.json"]),
            "instance": DelegatedRole("instance", ids, 1, True, paths=["trusted_*.json", "signing_*"]),
        }
        top.delegations = Delegations(keys, roles=roles)
        return top, {"packages": other, "near": other, "instance": knowing}
    bins = [f"bin-{number:x}" for number in range(16)]
    if layout == "hashed":
        prefixes = {f"bin-{number:x}": [f"{number:x}"] for number in range(16)}
        top.delegations = Delegations(
            keys, roles={name: DelegatedRole(name, ids, 1, False, path_hash_prefixes=prefixes[name]) for name in bins}
        )
    else:
        top.delegations = Delegations(keys, succinct_roles=SuccinctRoles(ids, 1, 4, "bin"))
    responsible = [name for name, _ in top.delegations.get_roles_for_target(NAME)]
    return top, {name: knowing if name in responsible else other for name in bins}


def write(layout, state, version, wrong=None):
    folder = OUT / layout / state
    (folder / "targets").mkdir(parents=True)
    top, delegated = roles_of(layout, version, PAST if wrong == "expired delegate" else LATER)
    files = {f"{number + 1}.root.json": bytes_of(root) for number, root in enumerate(ROOTS)}
    if wrong == "root by a stranger":
        next_root = copy.deepcopy(ROOTS[2].signed)
        next_root.version = 4
        files["4.root.json"] = bytes_of(signed(next_root, [stranger, new_root[0]]))
    meta = {}
    for name, content in delegated.items():
        data = bytes_of(signed(content, [stranger if wrong == "delegate by a stranger" else delegate]))
        meta[f"{name}.json"] = MetaFile.from_data(version, data, ["sha256"])
        files[f"{version}.{name}.json"] = data
    data = bytes_of(signed(top, owners[:1] if wrong == "targets below their threshold" else owners))
    meta["targets.json"] = MetaFile.from_data(version, data, ["sha256"])
    files[f"{version}.targets.json"] = data
    data = bytes_of(signed(Snapshot(version=version, expires=LATER, meta=meta), [online]))
    files[f"{version}.snapshot.json"] = data
    expires = PAST if wrong == "expired timestamp" else LATER
    signer = old_online if wrong == "timestamp by a replaced key" else online
    promised = MetaFile.from_data(version, data, ["sha256"])
    files["timestamp.json"] = bytes_of(signed(Timestamp(version=version, expires=expires, snapshot_meta=promised), [signer]))
    served = TARGET + b"\n" if wrong == "another target" else TARGET
    for digest in target_file().hashes.values():
        files[f"targets/{digest}.{NAME}"] = served
    for path, data in files.items():
        (folder / path).write_bytes(data)


ROOTS = make_roots()
OUT.joinpath("root.json").write_bytes(bytes_of(ROOTS[0]))
WRONG = [
    "root by a stranger",
    "timestamp by a replaced key",
    "expired timestamp",
    "targets below their threshold",
    "another target",
]
WRONG_BELOW = ["delegate by a stranger", "expired delegate"]
for layout in ("top", "paths", "hashed", "succinct"):
    write(layout, "good", 7)
    write(layout, "later", 8)
    for wrong in WRONG + ([] if layout == "top" else WRONG_BELOW):
        write(layout, wrong, 8, wrong)
