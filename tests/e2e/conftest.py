from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from factories import WHATSAPP_SECRET
from service import Service, wait_for

from talkhub.embedded.layout import lay_out
from talkhub.embedded.locks import is_locked


@pytest.fixture
def service() -> Iterator[Service]:
    # Not pytest's tmp_path: that is closed to the account that root's servers run as.
    folder = Path(tempfile.mkdtemp(prefix="th-"))
    folder.chmod(0o711)
    service = Service(folder / "h", settings={"WHATSAPP_APP_SECRET": WHATSAPP_SECRET})
    yield service
    if service.process is not None and service.process.poll() is None:
        service.stop()
    layout = lay_out(service.home, None)
    wait_for(lambda: not is_locked(layout.lock("keeper")), seconds=20)
    shutil.rmtree(folder)
