"""Work on a project, beside the talk: files, an issue, requests for approval; every text of it stands nowhere else."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from PIL import Image

from tests.security.cast import Cast
from tests.security.stage import Witness


@dataclass
class Made:
    """What was done in one client's room: the texts and ids that its people may be sent, and nobody else."""

    word: str
    """With what every text begins, and nothing else that anybody reads: what to search for."""
    texts: list[str] = field(default_factory=list)
    files: list[UUID] = field(default_factory=list)
    issue: UUID = field(default_factory=uuid4)
    approvals: list[UUID] = field(default_factory=list)
    """The first is decided, the second waits."""
    drafts: dict[str, "Draft"] = field(default_factory=dict)
    """By who has uploaded them, and is the only one who sees them."""

    @property
    def ids(self) -> list[UUID]:
        return [*self.files, self.issue, *self.approvals]


@dataclass(frozen=True)
class Draft:
    """A file that was shown to nobody."""

    id: UUID
    name: str
    content: str


async def work(client: Witness, developer: Witness, cast: Cast, task: UUID, word: str) -> Made:
    """The client and a developer do everything there is to do in that client's room, and about the task."""
    made = Made(word)
    texts = _texts(made)
    room = f"/api/rooms/{cast.rooms[client.person]}"
    shared = await upload(client, room, f"{next(texts)}.txt", next(texts).encode())
    with_message, with_issue, asked_about, with_request = [
        await upload(each, room, f"{next(texts)}.txt", next(texts).encode(), is_draft=True)
        for each in (client, client, developer, developer)
    ]
    made.files = [shared, with_message, with_issue, asked_about, with_request]
    message = {"body": next(texts), "file_ids": [str(with_message)]}
    await does(client, "POST", f"{room}/messages", json=message)
    raised = {"kind": "issue", "title": next(texts), "body": next(texts), "file_ids": [str(with_issue)]}
    made.issue = UUID((await does(client, "POST", f"{room}/issues", json=raised))["id"])
    change = {"status": "in_progress", "reason": next(texts)}
    await does(developer, "PATCH", f"/api/issues/{made.issue}", json=change)
    for file in (asked_about, with_request):
        asked = {"client_id": str(cast.ids[client.person]), "note": next(texts), "file_ids": [str(file)]}
        if made.approvals:
            decision = {"decision": "changes_requested", "comment": next(texts)}
            await does(client, "POST", f"/api/approvals/{made.approvals[0]}/decision", json=decision)
        made.approvals.append(UUID((await does(developer, "POST", f"/api/tasks/{task}/approvals", json=asked))["id"]))
    for each in (client, developer):
        name, content = f"{word}draft{each.person}.txt", f"{word} draft of {each.person}"
        draft = await upload(each, room, name, content.encode(), is_draft=True)
        made.drafts[each.person] = Draft(draft, name, content)
    return made


def new_word() -> str:
    return f"w{uuid4().hex[:12]}"


def _texts(made: Made) -> Iterator[str]:
    for number in count():
        made.texts.append(f"{made.word}n{number}x")
        yield made.texts[-1]


async def plan(developer: Witness, project: UUID, title: str) -> UUID:
    """Adds a task, which everybody of the project sees."""
    return UUID((await does(developer, "POST", f"/api/projects/{project}/tasks", json={"title": title}))["id"])


async def upload(witness: Witness, room: str, name: str, content: bytes, *, is_draft: bool = False) -> UUID:
    """Puts a file into a room; answers its id."""
    sent = {"file": (name, content)}
    answer = await does(witness, "POST", f"{room}/files?draft={str(is_draft).lower()}", files=sent)
    return UUID(answer["id"])


def picture() -> bytes:
    """A small picture, of which there will be a thumbnail."""
    buffer = BytesIO()
    Image.new("RGB", (8, 8), "teal").save(buffer, "PNG")
    return buffer.getvalue()


async def does(witness: Witness, method: str, path: str, **sent: Any) -> dict[str, Any]:
    """What the answer holds; fails if it is refused."""
    answer = await witness.http.request(method, path, **sent)
    assert answer.is_success, f"{method} {path} as {witness.person}: {answer.status_code} {answer.text}"
    return dict(answer.json()) if answer.content else {}


def thumbnail(cast: Cast, client: str) -> str:
    """Makes what the thumbnail of the client's file is stand nowhere else; answers that."""
    key = f"{cast.files[client].hex[:2]}/{cast.files[client].hex}.thumbnail"
    content = f"{new_word()} thumbnail"
    (cast.world.files / key).write_text(content)
    return content
