"""What the client of python-tuf says of a repository, for tuf.test.ts: python-tuf tuf-client.py ROOT FOLDER URL OUT.

Starts from ROOT, keeps metadata in FOLDER, and writes the target to OUT. Ends with 1 and the name of the error when it is refused.
"""

import sys
from pathlib import Path

from tuf.api.exceptions import DownloadError, RepositoryError
from tuf.ngclient import Updater

root, folder, url, out = sys.argv[1:]
Path(folder).mkdir(exist_ok=True)
try:
    updater = Updater(folder, url, target_base_url=f"{url}/targets", bootstrap=Path(root).read_bytes())
    target = updater.get_targetinfo("trusted_root.json")
    if target is None:
        sys.exit("no such target")
    updater.download_target(target, out)
except (RepositoryError, DownloadError) as error:
    sys.exit(type(error).__name__)
