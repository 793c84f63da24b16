"""What a client is asked to approve: a task's text and its files as they were, and a hash that holds them fast."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from app.files.schemas import FileItem
from app.tasks.approval_queries import StoredApproval
from app.tasks.queries import StoredTask

TEXT = frozenset({"title", "description", "due_on"})
"""The fields of a task that a snapshot holds: who was asked about them must be asked again when they change."""

_OF_A_FILE = {"id", "name", "media_type", "size", "sha256"}


def take_snapshot(task: StoredTask, files: Sequence[FileItem]) -> dict[str, Any]:
    """The task as it is, with the files that the client is shown beside it; as JSON holds it."""
    return _text_of(task) | {"files": [file.model_dump(mode="json", include=_OF_A_FILE) for file in files]}


def is_current(approval: StoredApproval) -> bool:
    """Whether the task still says what the client was asked about."""
    return _text_of(approval).items() <= approval.snapshot.items()


def _text_of(task: StoredTask | StoredApproval) -> dict[str, Any]:
    due_on = None if task.due_on is None else task.due_on.isoformat()
    return {"title": task.title, "description": task.description, "due_on": due_on}


def hash_of(snapshot: Mapping[str, Any]) -> str:
    """The SHA-256, in hex, of the snapshot as JSON in UTF-8: keys sorted, without blanks, nothing escaped needlessly.

    Whoever has the snapshot can compute it: it does not depend on how the database writes JSON.
    """
    canonical = json.dumps(snapshot, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()
