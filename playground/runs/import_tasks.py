"""Uploaded weights in a worker's hands: read without running anything in them, checked, kept."""

import json
from collections.abc import Callable

from playground.experiment import Network
from playground.network.match import matched, most_bytes
from playground.runs.questions import Task
from playground.runs.store import Store
from playground.training.imported import check_finite, held, keep, read_state


def take_in(store: Store, task: Task) -> bytes:
    """JSON: (name, shape, dtype) of each tensor of the upload, which match the `network` of the request.

    The upload is gone afterwards in any case.
    """
    network = Network.model_validate(task.request["network"])
    digest = str(task.request["digest"])
    upload = store.imports.upload(str(task.request["upload"]))
    try:
        tensors = read_state(upload, most_bytes(network))
        found = held(tensors)
        matched(network, found)
        check_finite(tensors)
        keep(tensors, store.imports.tensors(digest))
    finally:
        upload.unlink(missing_ok=True)
    return json.dumps([[one.name, one.shape, one.dtype] for one in found]).encode()


IMPORT_ANSWERS: dict[str, Callable[[Store, Task], bytes]] = {"import": take_in}
